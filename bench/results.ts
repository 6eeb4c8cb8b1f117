import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sh } from '../test/lab/process.js';
import { type Cell, caseNames, pairNames, rates } from './cells.js';
import { tableOfCells, tableOfVerdicts } from './table.js';
import { judge } from './targets.js';

const folder = fileURLToPath(new URL('results', import.meta.url));

/** What the JSON file holds. */
interface Results {
  readonly machine: string;
  /** Bytes of the image's layers, unpacked and as the containerd store keeps them. */
  readonly image: { readonly unpacked: number; readonly stored: number };
  readonly cells: readonly Cell[];
}

/** Puts these cells in the place of what was measured of them before; resolves to the report of all. */
export async function keep(cells: readonly Cell[], image: Results['image']): Promise<string> {
  const json = path.join(folder, 'bench.json');
  const before = existsSync(json) ? ((JSON.parse(await readFile(json, 'utf8')) as Results).cells ?? []) : [];
  const others = before.filter((one) => !cells.some((cell) => keyOf(cell) === keyOf(one)));
  const all = [...others, ...cells].toSorted((a, b) => placeOf(a) - placeOf(b));
  const [cpu] = os.cpus();
  const machine = `${os.cpus().length} × ${cpu?.model}, ${Math.round(os.totalmem() / 1e9)} GB, Linux ${os.release()}`;
  const results: Results = { machine, image, cells: all };
  const text = report(results);
  await mkdir(folder, { recursive: true });
  await replace(json, `${JSON.stringify({ ...results, targets: judge(all) }, null, 2)}\n`);
  await replace(path.join(folder, 'bench.md'), text);
  return text;
}

/** The commit that is measured, and whether there are changes beside it. */
export async function commit(): Promise<string> {
  const name = (await sh('git', 'rev-parse', '--short', 'HEAD')).trim();
  const changes = await sh('git', 'status', '--porcelain', '--untracked-files=no', 'src');
  return changes === '' ? name : `${name} and changes`;
}

function report({ machine, image, cells }: Results): string {
  const [unpacked, stored] = [image.unpacked, image.stored].map((bytes) => Math.round(bytes / 1e6));
  const measured = [...new Set(cells.map((cell) => `${cell.commit}, ${cell.at.slice(0, 10)}`))].join('; ');
  return [
    '# Bench',
    '',
    `An image of ${unpacked} MB in five layers, ${stored} MB as the containerd store keeps it. ${machine}. Measured at ${measured}.`,
    'Seconds are medians of the runs; ratios are of medians of one cell, whose contenders ran side by side.',
    '',
    tableOfCells(cells),
    '## Targets',
    '',
    tableOfVerdicts(judge(cells)),
  ].join('\n');
}

const keyOf = (cell: Cell): string => [cell.pair, cell.case, cell.rateMbit].join(' ');

function placeOf(cell: Cell): number {
  const rate = rates.indexOf(cell.rateMbit);
  return (pairNames.indexOf(cell.pair) * 10 + (rate < 0 ? 9 : rate)) * 10 + caseNames.indexOf(cell.case);
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
}
