import type { Grace, TeamReport } from '../../control/api.js';
import type { Terminal } from '../terminal.js';
import { clean } from './clean.js';
import { type Row, rowLines } from './rows.js';
import { wrap } from './width.js';

/** `team create` for a person: the team, and what a colleague types. */
export function createdLines(report: TeamReport, terminal: Terminal): string[] {
  return [
    `${terminal.colours.green(terminal.symbols.done)} team ${clean(report.tag)} is made, and this device is in it`,
    ...inviteLines(report, terminal),
  ];
}

/** `team rotate` for a person: what became of the old invite, and what each colleague types. */
export function rotatedLines(report: TeamReport, terminal: Terminal): string[] {
  const { colours, symbols } = terminal;
  const grace =
    report.grace === undefined ? '' : '; with the same --grace, who has not joined yet can still reach them';
  return [
    `${colours.green(symbols.done)} the team has a new secret, and is team ${clean(report.tag)} now`,
    ...rowLines([['old one', report.grace === undefined ? 'void' : graceText(report.grace)]], terminal),
    ...inviteLines(report, terminal),
    ...wrap(`All others do the same, with --replace${grace}.`, terminal.columns() - 1),
  ];
}

/** Until when the secret of before holds, in the local time. */
export function graceText({ until }: Grace): string {
  const end = new Date(until);
  const time = end.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return `holds until ${end.toLocaleDateString('en-CA')} ${time}`;
}

const graceRows = ({ grace }: TeamReport): Row[] =>
  grace === undefined ? [] : [['old one', graceText(grace)]];

/** `team join` for a person. */
export function joinedLines(report: TeamReport, terminal: Terminal): string[] {
  const { tag, members } = report;
  const { colours, symbols } = terminal;
  return [
    `${colours.green(symbols.done)} this device is in team ${clean(tag)}`,
    ...rowLines([['met', namesOf(members, terminal)], ...graceRows(report)], terminal),
  ];
}

/** `team show` for a person: the team, who is in it, and what a colleague types. */
export function teamLines(report: TeamReport, terminal: Terminal): string[] {
  return [
    `${terminal.colours.bold(`team ${clean(report.tag)}`)}`,
    ...rowLines([['met', namesOf(report.members, terminal)], ...graceRows(report)], terminal),
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
