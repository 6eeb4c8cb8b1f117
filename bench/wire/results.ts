import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

type Row = Readonly<Record<string, string | number>>;

/** Writes what was measured to `bench/results`, for programs and for people. */
export async function writeResults(
  name: string,
  settings: object,
  tables: Readonly<Record<string, readonly object[]>>,
): Promise<void> {
  const results = fileURLToPath(new URL('../results/', import.meta.url));
  await mkdir(results, { recursive: true });
  const all = cpus();
  const machine = { cpu: all[0]?.model ?? 'unknown', cores: all.length, node: process.version };
  const at = new Date().toISOString();
  const facts = { at, ...machine, ...settings };
  await writeFile(`${results}${name}.json`, `${JSON.stringify({ ...facts, ...tables }, null, 2)}\n`);
  const heading = Object.entries(facts).map(([key, value]) => `${key}: ${value}`);
  const parts = Object.entries(tables).map(([title, rows]) => `## ${title}\n\n${markdown(rows as Row[])}`);
  await writeFile(`${results}${name}.md`, `# bench:${name}\n\n${heading.join(' · ')}\n\n${parts.join('\n')}`);
}

function markdown(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const line = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |\n`;
  return (
    line(columns) +
    line(columns.map(() => '---')) +
    rows.map((row) => line(columns.map((column) => row[column]))).join('')
  );
}
