import { appendFileSync, createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { filesBelow, processTexts, type Secret, secretsIn, shown } from '../fixtures/secrets.js';

/** Where a run of the lab keeps what its devices write; without it nothing is kept. */
const folder = process.env.P2PIMG_LAB_WRITTEN;
const known = 'secrets.jsonl';
/** Longer than any spelling of a secret, so that none is missed where a text is read in pieces. */
const overlap = 512;

/** Keeps what somebody wrote, in the file of that name. */
export function noteWritten(who: string, text: string): void {
  if (folder !== undefined)
    appendFileSync(path.join(folder, `${who.replaceAll(/[^\w.-]/g, '_')}.txt`), text, 'latin1');
}

/** Keeps a device's secrets, to search for them at the end, and what stands in its other files now. */
export async function noteHome(who: string, home: string): Promise<void> {
  if (folder === undefined) return;
  for (const secret of await secretsIn(path.join(home, 'config')).catch(() => []))
    appendFileSync(path.join(folder, known), `${JSON.stringify(secret)}\n`, { mode: 0o600 });
  for (const [name, text] of await filesBelow(home).catch(() => [])) noteWritten(`${who}-${name}`, text);
}

const seen = new Set<string>();

/** Keeps the arguments and environments of all processes, each once. */
export async function noteProcesses(): Promise<void> {
  if (folder === undefined) return;
  for (const text of await processTexts()) {
    if (seen.has(text)) continue;
    seen.add(text);
    noteWritten('processes', `${text}\n`);
  }
}

/** What a search came to. */
export interface Search {
  readonly secrets: number;
  readonly files: number;
  readonly bytes: number;
  /** `file: secret`, never the secret itself. */
  readonly hits: readonly string[];
}

/** Searches all that was kept in a folder for every secret there was. */
export async function searchWritten(where: string): Promise<Search> {
  const lines = (await readFile(path.join(where, known), 'utf8').catch(() => '')).split('\n').filter(Boolean);
  const secrets = [...new Set(lines)].map((line) => JSON.parse(line) as Secret);
  const names = (await readdir(where)).filter((name) => name !== known);
  const hits = new Set<string>();
  let bytes = 0;
  for (const name of names) {
    let end = '';
    for await (const piece of createReadStream(path.join(where, name), 'latin1') as AsyncIterable<string>) {
      bytes += piece.length;
      for (const secret of shown(end + piece, secrets)) hits.add(`${name}: ${secret}`);
      end = piece.slice(-overlap);
    }
  }
  return { secrets: secrets.length, files: names.length, bytes, hits: [...hits] };
}
