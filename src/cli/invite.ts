import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { P2pimgError } from '../error.js';

const longest = 8192;

/**
 * The invite that `team join` was given: the argument, or standard input for `-`, or what is pasted at a prompt, unseen.
 * Throws `INVITE_INVALID` where there is none, `INTERRUPTED` at Ctrl-C.
 */
export async function readInvite(given: string | undefined): Promise<string> {
  if (given !== undefined && given !== '-') {
    // other users can read a process's arguments: this one must not stay among them
    process.title = 'p2pimg team join';
    return given;
  }
  const isPrompt = process.stdin.isTTY === true;
  const invite = (isPrompt ? await askUnseen() : await readInput()).trim();
  if (invite === '')
    throw new P2pimgError('INVITE_INVALID', 'nothing was given', { reason: 'nothing was given' });
  return invite;
}

async function readInput(): Promise<string> {
  let text = '';
  for await (const piece of process.stdin.setEncoding('utf8')) {
    text += String(piece);
    if (text.length > longest)
      throw new P2pimgError('INVITE_INVALID', 'it is too long', { reason: 'it is too long' });
  }
  return text;
}

async function askUnseen(): Promise<string> {
  process.stderr.write('invite (it is not shown): ');
  const unseen = new Writable({ write: (_piece, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
  const interrupted = new AbortController();
  lines.once('SIGINT', () => interrupted.abort());
  try {
    return await lines.question('', { signal: interrupted.signal });
  } catch (cause) {
    throw new P2pimgError('INTERRUPTED', 'interrupted', {}, cause);
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
