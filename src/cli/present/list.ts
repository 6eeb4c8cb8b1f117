import type { ListReport, ListRow } from '../../control/api.js';
import { shortId } from '../../image/digest.js';
import { localPlatform, parsePlatform, platformMatches, platformText } from '../../image/platform.js';
import { embeddedStoreSentence, noTeamSentence, otherTeamsSentence } from '../hints.js';
import type { Terminal } from '../terminal.js';
import { clean } from './clean.js';
import { type Step, tableLines } from './table.js';
import { age, size } from './units.js';
import { wrap } from './width.js';

const steps: readonly Step[] = [
  { column: 'PEERS', how: 'narrow' },
  { column: 'IMAGE', how: 'cutStart', least: 36 },
  { column: 'HERE', how: 'narrow' },
  { column: 'IMAGE', how: 'cutStart', least: 28 },
  { column: 'PEERS', how: 'cut', least: 13 },
  { column: 'BUILT', how: 'drop' },
  { column: 'IMAGE', how: 'cutStart', least: 20 },
  { column: 'SIZE', how: 'drop' },
  { column: 'PEERS', how: 'drop' },
  { column: 'IMAGE', how: 'cutStart', least: 8 },
];

/** `p2pimg ls` for a person: a table that fits, or a sentence where there is nothing to list. */
export function listLines(
  report: ListReport,
  pattern: string | undefined,
  terminal: Terminal,
  now = Date.now(),
): string[] {
  const { images, embeddedStore } = report;
  const closing =
    embeddedStore === undefined ? [] : wrapped([embeddedStoreSentence(clean(embeddedStore))], terminal);
  if (images.length === 0) return [...wrapped(emptySentences(report, pattern), terminal), ...closing];
  return [...listTable(images, terminal, now), ...closing];
}

function listTable(images: readonly ListRow[], terminal: Terminal, now: number): string[] {
  const { symbols, colours } = terminal;
  const show = (text: string) => symbols.text(clean(text));
  return tableLines(
    [
      {
        title: 'IMAGE',
        cells: images.map(({ reference }) => (reference === undefined ? symbols.none : show(reference))),
        paint: colours.bold,
      },
      { title: 'ID', cells: images.map(({ id }) => shortId(id)) },
      { title: 'SIZE', cells: images.map((row) => size(row.size)), align: 'right' },
      {
        title: 'BUILT',
        cells: images.map(({ created }) => age(created, now) ?? symbols.none),
        align: 'right',
      },
      {
        title: 'PEERS',
        cells: images.map((row) => show(peersOf(row))),
        narrow: images.map((row) => show(firstPeerOf(row))),
      },
      {
        title: 'HERE',
        cells: images.map(hereOf),
        narrow: images.map((row) => hereOf(row).replace(/:.*/, '')),
        paint: (cell, row) => (images[row]?.here === 'no' ? colours.dim(cell) : cell),
      },
    ],
    steps,
    terminal,
  );
}

function peersOf(row: ListRow): string {
  return row.peers.map(({ name }) => clean(name)).join(', ') + foreignPlatform(row);
}

function firstPeerOf(row: ListRow): string {
  const [first, ...others] = row.peers;
  if (first === undefined) return '';
  return clean(first.name) + (others.length > 0 ? ` +${others.length}` : '') + foreignPlatform(row);
}

/** ` (arm64)` where the image is not for a machine like this one. */
function foreignPlatform({ platforms }: ListRow): string {
  const here = localPlatform();
  const known = platforms.flatMap((text) => {
    try {
      return [parsePlatform(text)];
    } catch {
      return [];
    }
  });
  if (known.length === 0 || known.some((platform) => platformMatches(platform, here))) return '';
  return ` (${known.map((p) => platformText(p).replace(/^linux\//, '')).join(', ')})`;
}

function hereOf({ here, other }: ListRow): string {
  switch (here) {
    case 'yes':
      return 'yes';
    case 'no':
      return 'no';
    case 'other':
      if (other === undefined) return 'other';
      return `${other.older ? 'older' : 'other'}: ${shortId(other.id)}`;
  }
}

function emptySentences({ team, peers, otherTeams }: ListReport, pattern: string | undefined): string[] {
  const others = otherTeamsSentence(otherTeams);
  const closing = others === undefined ? [] : [others];
  if (team === undefined) return [noTeamSentence, ...closing];
  if (peers.length === 0) return ['no peer of your team is on this network', ...closing];
  const whose = peers.map(({ name }) => clean(name)).join(', ');
  return pattern === undefined
    ? [`no images at ${whose}`, ...closing]
    : [`no image like ${clean(pattern)} at ${whose}`, ...closing];
}

function wrapped(sentences: readonly string[], terminal: Terminal): string[] {
  return sentences.flatMap((sentence) => wrap(terminal.symbols.text(sentence), terminal.columns() - 1));
}
