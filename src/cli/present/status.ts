import type { StatusReport } from '../../control/api.js';
import { asideSentence, noTeamSentence } from '../hints.js';
import type { Terminal } from '../terminal.js';
import { arrivalText } from './arrivals.js';
import { clean } from './clean.js';
import { type Row, rowLines } from './rows.js';
import { graceText } from './team.js';
import { age, count, size } from './units.js';
import { widthOf, wrap } from './width.js';

/** `p2pimg status` for a person. */
export function statusLines(report: StatusReport, terminal: Terminal, now: number): string[] {
  const show = (text: string) => terminal.symbols.text(clean(text));
  const rows: Row[] = [
    ['engine', engineText(report.engine)],
    ...laneRows(report.engine),
    ...diskRows(report.engine),
    ...archiveRows(report.archives),
    ['team', teamText(report)],
    ...(report.team?.grace ? [['old one', graceText(report.team.grace)] as Row] : []),
    ...(report.aside ?? []).map((peer): Row => ['aside', asideSentence(peer)]),
    ['peers', report.peers === 0 ? 'none on this network' : `${report.peers} on this network`],
    ...sharedRows(report),
    ['uploads', uploadsText(report)],
    ...networkRows(report),
    ...arrivalRows(report, now),
    ['peer ID', report.peerId],
    ['version', report.version],
    ...troubleRows(report, now),
  ];
  return [
    ...firstLines(show(report.name), show(runningText(report, now)), terminal),
    ...rowLines(
      rows.map(([label, text]) => [label, show(text)]),
      terminal,
    ),
  ];
}

/** The name and how it runs, in one line where there is room. */
function firstLines(name: string, running: string, { colours, columns }: Terminal): string[] {
  const isRoom = widthOf(name) + 2 + widthOf(running) < columns();
  return isRoom
    ? [`${colours.bold(name)}  ${running}`]
    : [colours.bold(name), ...wrap(running, columns() - 3).map((line) => `  ${line}`)];
}

/** An engine in one line: what and where it is, or why it does not answer. */
export function engineText(engine: StatusReport['engine']): string {
  return engine.state === 'up'
    ? `${engine.description}, ${count(engine.images, 'image')}, at ${engine.address}`
    : `none answers at ${engine.address}: ${engine.reason}`;
}

function arrivalRows({ arrivals = [] }: StatusReport, now: number): Row[] {
  return arrivals.map((one) => ['arrives', `${one.number}: ${arrivalText(one, now)}`]);
}

function laneRows(engine: StatusReport['engine']): Row[] {
  if (engine.state !== 'up' || engine.lane === undefined) return [];
  return [['lane', `${engine.lane.name}: ${engine.lane.why}`]];
}

function diskRows(engine: StatusReport['engine']): Row[] {
  if (engine.state !== 'up' || engine.disk === undefined) return [];
  const { folder, free, total } = engine.disk;
  return [['disk', `${size(free)} of ${size(total)} free in ${folder}`]];
}

function networkRows({ running, interfaces, visitors, metricsPort }: StatusReport): Row[] {
  const on = interfaces?.map(({ name, address }) => `${name} ${address}`).join(', ');
  return [
    ...(on === undefined ? [] : [['on', on || 'no local network; p2pimg doctor tells more'] as const]),
    ...(running && visitors !== undefined
      ? [['visitors', `${count(visitors, 'connection')} of peers to this device`] as const]
      : []),
    ...(metricsPort === undefined ? [] : [['metrics', `http://127.0.0.1:${metricsPort}/metrics`] as const]),
  ];
}

/** What went wrong and ended nothing, the last first. */
function troubleRows({ troubles = [] }: StatusReport, now: number): Row[] {
  return troubles.map(({ at, message, times }) => {
    const often = times === 1 ? '' : `${times} times, `;
    return ['trouble', `${message} (${often}${age(at, now) ?? '?'} ago)`];
  });
}

/** The team in one line. */
export function teamText({ team }: StatusReport): string {
  if (team === undefined) return noTeamSentence;
  return `${team.tag}, with ${team.joinedBy === 0 ? 'nobody else' : count(team.joinedBy, 'other')} so far`;
}

/** How many archives are shared, and which are not. */
function archiveRows(archives: StatusReport['archives']): Row[] {
  if (archives === undefined) return [];
  const { shared, unshared } = archives;
  const most = 20;
  const rows = unshared.slice(0, most).map(({ file, reason }): Row => ['unshared', `${file}: ${reason}`]);
  const more: Row[] = unshared.length > most ? [['unshared', `and ${unshared.length - most} more`]] : [];
  return [['archives', `${count(shared, 'file')} shared, ${unshared.length} not`], ...rows, ...more];
}

function runningText({ running, pid, port, startedAt }: StatusReport, now: number): string {
  if (!running) return 'no agent runs here; p2pimg agent starts one';
  const since = age(startedAt, now);
  return [
    since === undefined ? 'running' : `running for ${since}`,
    ...(pid === undefined ? [] : [`pid ${pid}`]),
    ...(port === undefined ? [] : [`port ${port}`]),
  ].join(', ');
}

/** Only where the team may not have all. */
function sharedRows({ paused, shared, engine }: StatusReport): Row[] {
  if (paused) return [['shared', 'nothing: paused, until p2pimg resume']];
  if (shared === undefined || engine.state === 'down' || shared === engine.images) return [];
  return [['shared', `${shared} of ${count(engine.images, 'image')}; p2pimg share --list shows which`]];
}

function uploadsText({ uploads: { active, limit, waiting = 0 } }: StatusReport): string {
  const queue = waiting === 0 ? '' : `, ${waiting} waiting`;
  return active === 0 ? 'idle' : `${active} of ${limit}${queue}`;
}
