import type { TeamReport } from '../../control/api.js';
import type { Terminal } from '../terminal.js';
import { clean } from './clean.js';
import { rowLines } from './rows.js';
import { wrap } from './width.js';

/** `team create` for a person: the team, and what a colleague types. */
export function createdLines(report: TeamReport, terminal: Terminal): string[] {
  return [
    `${terminal.colours.green(terminal.symbols.done)} team ${clean(report.tag)} is made, and this device is in it`,
    ...inviteLines(report, terminal),
  ];
}

/** `team join` for a person. */
export function joinedLines({ tag, members }: TeamReport, terminal: Terminal): string[] {
  const { colours, symbols } = terminal;
  return [
    `${colours.green(symbols.done)} this device is in team ${clean(tag)}`,
    ...rowLines([['met', namesOf(members, terminal)]], terminal),
  ];
}

/** `team show` for a person: the team, who is in it, and what a colleague types. */
export function teamLines(report: TeamReport, terminal: Terminal): string[] {
  return [
    `${terminal.colours.bold(`team ${clean(report.tag)}`)}`,
    ...rowLines([['met', namesOf(report.members, terminal)]], terminal),
    ...inviteLines(report, terminal),
  ];
}

/** `team leave` for a person. */
export function leftLines(_report: unknown, terminal: Terminal): string[] {
  return [
    `${terminal.colours.green(terminal.symbols.done)} this device is in no team now, and shares nothing`,
  ];
}

/** What a colleague types to join. The command holds no secret: other users could read it from the list of processes. */
export function inviteLines(
  { invite }: TeamReport,
  terminal: Terminal,
  command = 'p2pimg team join',
): string[] {
  const columns = terminal.columns() - 1;
  return [
    ...wrap('To join, a colleague types', columns),
    `  ${terminal.colours.bold(command)}`,
    ...wrap("and pastes this invite, which is a key to the team's images:", columns),
    // in one piece, whatever the width: it is there to be copied
    `  ${clean(invite)}`,
  ];
}

function namesOf(members: readonly string[], terminal: Terminal): string {
  const names = members.map((name) => terminal.symbols.text(clean(name)));
  return names.length === 0 ? 'nobody yet' : names.join(', ');
}
