import type { PeerRow, PeersReport } from '../../control/api.js';
import { embeddedStoreSentence, noTeamSentence, otherTeamsSentence } from '../hints.js';
import type { Terminal } from '../terminal.js';
import { clean } from './clean.js';
import { type Step, tableLines } from './table.js';
import { age, count } from './units.js';
import { wrap } from './width.js';

const steps: readonly Step[] = [
  { column: 'ID', how: 'drop' },
  { column: 'BUSY', how: 'narrow' },
  { column: 'SEEN', how: 'drop' },
  { column: 'ENGINE', how: 'cut', least: 9 },
  { column: 'PEER', how: 'cut', least: 16 },
  { column: 'ADDRESS', how: 'cut', least: 21 },
  { column: 'ENGINE', how: 'drop' },
  { column: 'BUSY', how: 'drop' },
  { column: 'PEER', how: 'cut', least: 8 },
  { column: 'ADDRESS', how: 'drop' },
];

/** `p2pimg peers` for a person: a table that fits, and how many agents of other teams there are. */
export function peersLines(report: PeersReport, terminal: Terminal, now = Date.now()): string[] {
  const others = otherTeamsSentence(report.otherTeams);
  const store = report.embeddedStore && embeddedStoreSentence(clean(report.embeddedStore));
  const closing = [others, store].flatMap((text) =>
    text === undefined ? [] : wrap(terminal.symbols.text(text), terminal.columns() - 1),
  );
  return [...peersTable(report, terminal, now), ...closing];
}

function peersTable({ team, peers, gone = [] }: PeersReport, terminal: Terminal, now: number): string[] {
  const { symbols, colours } = terminal;
  if (peers.length + gone.length === 0) {
    const sentence = team === undefined ? noTeamSentence : 'no peer of your team is on this network';
    return wrap(symbols.text(sentence), terminal.columns() - 1);
  }
  const show = (text: string | undefined) => (text === undefined ? symbols.none : symbols.text(clean(text)));
  const rows: readonly Partial<PeerRow>[] = [...peers, ...gone];
  const seen = rows.map(({ lastSeen }, row) => (row < peers.length ? 'now' : lastSeenText(lastSeen, now)));
  return tableLines(
    [
      {
        title: 'PEER',
        cells: rows.map(({ name }) => show(name)),
        paint: (cell, row) => (row < peers.length ? colours.bold(cell) : colours.dim(cell)),
      },
      { title: 'ID', cells: rows.map(({ id }) => show(id?.slice(0, 8))) },
      { title: 'ENGINE', cells: rows.map(({ engine }) => show(engine)) },
      { title: 'IMAGES', cells: rows.map(({ images }) => show(images?.toString())), align: 'right' },
      { title: 'ADDRESS', cells: rows.map(({ address }) => show(address)) },
      {
        title: 'BUSY',
        cells: rows.map((row) => show(busy(row))),
        narrow: rows.map((row) => show(busyShort(row))),
      },
      { title: 'SEEN', cells: seen.map(show) },
    ],
    steps,
    terminal,
  );
}

function lastSeenText(lastSeen: string | undefined, now: number): string | undefined {
  const ago = age(lastSeen, now);
  return ago && `${ago} ago`;
}

function busy({ uploads }: Partial<PeerRow>): string | undefined {
  if (uploads === undefined) return undefined;
  return uploads.active === 0 ? 'idle' : `${uploads.active} of ${count(uploads.limit, 'upload')}`;
}

function busyShort({ uploads }: Partial<PeerRow>): string | undefined {
  if (uploads === undefined) return undefined;
  return uploads.active === 0 ? 'idle' : `${uploads.active}/${uploads.limit}`;
}
