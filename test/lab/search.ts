import { appendFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { searchWritten } from './written.js';

/** Searches what a run of the lab wrote, and then once more with a secret planted in it; resolves to the exit code. */
export async function searchRun(folder: string): Promise<number> {
  const { secrets, files, bytes, hits } = await searchWritten(folder);
  console.log(`\n${secrets} secrets, looked for in ${files} files of ${bytes} bytes that the lab wrote`);
  for (const hit of hits) console.error(`a secret is shown: ${hit}`);
  if (secrets === 0 || files === 0) {
    console.error('no secret, or nothing to look at: the search would find nothing');
    return 1;
  }
  const isProved = await findsPlanted(folder);
  if (!isProved) console.error('the search does not find a secret that was planted');
  return hits.length === 0 && isProved ? 0 : 1;
}

async function findsPlanted(folder: string): Promise<boolean> {
  const planted = path.join(folder, 'planted.txt');
  const [line = '{}'] = (await readFile(path.join(folder, 'secrets.jsonl'), 'utf8')).split('\n');
  const { name, spellings = [] } = JSON.parse(line) as { name?: string; spellings?: string[] };
  await appendFile(planted, `${'x'.repeat(65_530)}${spellings[0]}\n`, 'latin1'); // over the edge of a piece
  const { hits } = await searchWritten(folder);
  await rm(planted);
  return hits.includes(`planted.txt: ${name}`);
}
