import type { Arrival, ArrivalsReport } from '../../control/sending.js';
import { shortId } from '../../image/digest.js';
import type { Terminal } from '../terminal.js';
import { clean } from './clean.js';
import { type Step, tableLines } from './table.js';
import { clock, size, sizeOf } from './units.js';
import { wrap } from './width.js';

const steps: readonly Step[] = [
  { column: 'FROM', how: 'cut', least: 12 },
  { column: 'ID', how: 'drop' },
  { column: 'IMAGE', how: 'cutStart', least: 12 },
];

/** What colleagues send here, for a person: a table, and what to do about it. */
export function arrivalsLines(report: ArrivalsReport, terminal: Terminal, now: number): string[] {
  const { symbols, colours } = terminal;
  const { running, accept, arrivals } = report;
  const wrapped = (text: string) => wrap(symbols.text(text), terminal.columns() - 1);
  if (!running) return wrapped('no agent runs here, so nobody can send anything; p2pimg agent starts one');
  if (arrivals.length === 0) return wrapped(`nothing waits here; ${rules[accept]}`);
  const show = (text: string) => symbols.text(clean(text));
  const table = tableLines(
    [
      { title: 'NUMBER', cells: arrivals.map(({ number }) => String(number)), align: 'right' },
      { title: 'IMAGE', cells: arrivals.map(({ image }) => show(image)), paint: colours.bold },
      { title: 'ID', cells: arrivals.map(({ configDigest }) => shortId(configDigest)) },
      { title: 'SIZE', cells: arrivals.map((one) => size(one.size)), align: 'right' },
      { title: 'FROM', cells: arrivals.map(({ peer }) => show(peer.name)) },
      { title: 'STATE', cells: arrivals.map((one) => stateText(one, now)) },
    ],
    steps,
    terminal,
  );
  const first = arrivals.find(({ state }) => state === 'waiting');
  if (first === undefined) return table;
  return [
    ...table,
    ...wrapped(`p2pimg accept ${first.number} takes it, p2pimg refuse ${first.number} does not`),
  ];
}

/** What was answered, in one line. */
export function answeredLine(
  { image, peer }: Arrival,
  deed: 'accept' | 'refuse',
  terminal: Terminal,
): string {
  const text = (words: string) => terminal.symbols.text(clean(words));
  return deed === 'accept'
    ? text(`${image} comes from ${peer.name} now; p2pimg status shows how far it is`)
    : text(`${image} from ${peer.name} is refused`);
}

/** An arrival in one line: `team/app:2 from mara-thinkpad, 757 MB, waits (9:12 left)`. */
export function arrivalText(arrival: Arrival, now: number): string {
  const { image, peer, size: bytes } = arrival;
  return `${image} from ${peer.name}, ${size(bytes)}, ${stateText(arrival, now)}`;
}

/** `waits (9:12 left)`, or `16.2 of 25.1 MB came`. */
function stateText({ state, size: total, received, expiresAt }: Arrival, now: number): string {
  if (state === 'coming')
    return received === undefined ? 'is coming' : `is coming, ${sizeOf(received, total)} of ${size(total)}`;
  return expiresAt === undefined ? 'waits' : `waits (${clock(Date.parse(expiresAt) - now)} left)`;
}

const rules: Readonly<Record<ArrivalsReport['accept'], string>> = {
  ask: 'you are asked for each image that a colleague sends',
  team: 'what colleagues send is taken',
  never: 'what colleagues send is refused',
};
