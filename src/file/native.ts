import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { NotedSource } from './through.js';

/** The path of a program that this process would find by its name. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return folders.map((folder) => path.join(folder, file)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The bytes after they went through a program, which must end with 0; leaving the loop ends it. */
export async function* throughProgram(
  bytes: AsyncIterable<Buffer>,
  program: string,
  words: readonly string[],
): AsyncGenerator<Buffer, void, undefined> {
  const source = new NotedSource(bytes);
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, 1000);
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  ended.catch(() => undefined);
  const fed = pipeline(source, child.stdin).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const [code] = await ended;
    const failure = await fed;
    if (code !== 0)
      throw new Error(said.trim().split('\n')[0] || `${path.basename(program)} ended with ${code}`);
    if (failure !== undefined) throw failure.error;
  } catch (error) {
    throw source.explain(error);
  } finally {
    child.kill();
    child.stdin.destroy();
  }
}
