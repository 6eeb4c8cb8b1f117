import type { PeerRow, PeersReport } from '../../control/api.js';
import { embeddedStoreSentence, noTeamSentence, otherTeamsSentence } from '../hints.js';
import type { Terminal } from '../terminal.js';
import { clean } from './clean.js';
import { type Step, tableLines } from './table.js';
import { count } from './units.js';
import { wrap } from './width.js';

const steps: readonly Step[] = [
  { column: 'BUSY', how: 'narrow' },
  { column: 'ENGINE', how: 'cut', least: 9 },
  { column: 'PEER', how: 'cut', least: 16 },
  { column: 'ADDRESS', how: 'cut', least: 21 },
  { column: 'ENGINE', how: 'drop' },
  { column: 'BUSY', how: 'drop' },
  { column: 'PEER', how: 'cut', least: 8 },
  { column: 'ADDRESS', how: 'drop' },
];

/** `p2pimg peers` for a person: a table that fits, and how many agents of other teams there are. */
export function peersLines(report: PeersReport, terminal: Terminal): string[] {
  const others = otherTeamsSentence(report.otherTeams);
  const store = report.embeddedStore && embeddedStoreSentence(clean(report.embeddedStore));
  const closing = [others, store].flatMap((text) =>
    text === undefined ? [] : wrap(terminal.symbols.text(text), terminal.columns() - 1),
  );
  return [...peersTable(report, terminal), ...closing];
}

function peersTable({ team, peers }: PeersReport, terminal: Terminal): string[] {
  const { symbols, colours } = terminal;
  if (peers.length === 0) {
    const sentence = team === undefined ? noTeamSentence : 'no peer of your team is on this network';
    return wrap(symbols.text(sentence), terminal.columns() - 1);
  }
  const show = (text: string | undefined) => (text === undefined ? symbols.none : symbols.text(clean(text)));
  return tableLines(
    [
      {
        title: 'PEER',
        cells: peers.map(({ name }) => show(name)),
        paint: colours.bold,
      },
      { title: 'ENGINE', cells: peers.map(({ engine }) => show(engine)) },
      { title: 'IMAGES', cells: peers.map(({ images }) => show(images?.toString())), align: 'right' },
      { title: 'ADDRESS', cells: peers.map(({ address }) => show(address)) },
      {
        title: 'BUSY',
        cells: peers.map((row) => show(busy(row))),
        narrow: peers.map((row) => show(busyShort(row))),
      },
    ],
    steps,
    terminal,
  );
}

function busy({ uploads }: PeerRow): string | undefined {
  if (uploads === undefined) return undefined;
  return uploads.active === 0 ? 'idle' : `${uploads.active} of ${count(uploads.limit, 'upload')}`;
}

function busyShort({ uploads }: PeerRow): string | undefined {
  if (uploads === undefined) return undefined;
  return uploads.active === 0 ? 'idle' : `${uploads.active}/${uploads.limit}`;
}
