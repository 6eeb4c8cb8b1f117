import { on, once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { NotedSource } from './through.js';

/** As much as is given to the worker at once, in bytes. */
const pieceSize = 64 * 1024;
/** How many unpacked blocks, of up to 900 kB, may wait to be read. */
const mostWaiting = 8;

/**
 * What the worker does: `unbzip2-stream` would block this thread for seconds. It is given pieces, answers each with
 * `null` when it wants the next, and sleeps while too many of its blocks are waiting: `taken` counts those that were read.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const taken = new Int32Array(workerData.taken);
const decoder = require(workerData.library)();
let given = 0;
decoder.on('data', (block) => {
  for (let read = Atomics.load(taken, 0); given - read >= workerData.most; read = Atomics.load(taken, 0))
    Atomics.wait(taken, 0, read);
  given += 1;
  parentPort.postMessage(block);
});
decoder.on('error', (error) => parentPort.postMessage({ failure: error.message ?? String(error) }));
decoder.on('end', () => parentPort.postMessage('end'));
parentPort.on('message', (piece) => {
  if (piece === null) decoder.end();
  else {
    decoder.write(Buffer.from(piece));
    parentPort.postMessage(null);
  }
});
`;

type Answer = Uint8Array | null | 'end' | { readonly failure: string };

/** Unpacks bzip2 in a thread of its own, 2 to 4 MB a second. */
export async function* unbzip2(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const source = new NotedSource(bytes);
  const pieces = inPieces(source);
  const taken = new SharedArrayBuffer(4);
  const counter = new Int32Array(taken);
  const library = createRequire(import.meta.url).resolve('unbzip2-stream');
  const worker = new Worker(program, { eval: true, workerData: { taken, library, most: mostWaiting } });
  const give = async (): Promise<void> => {
    const next = await pieces.next();
    worker.postMessage(next.done === true ? null : next.value);
  };
  const exited = once(worker, 'exit');
  try {
    const answers = on(worker, 'message');
    await give();
    for await (const [answer] of answers as AsyncIterable<[Answer]>) {
      if (answer === 'end') return;
      if (answer === null) await give();
      else if (answer instanceof Uint8Array) {
        yield Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
        Atomics.add(counter, 0, 1);
        Atomics.notify(counter, 0);
      } else throw failureOf(answer.failure);
    }
  } catch (error) {
    throw source.explain(error);
  } finally {
    await worker.terminate();
    await exited;
    await pieces.return(undefined);
  }
}

/** The decoder reads on behind the end of what breaks off. */
function failureOf(said: string): Error {
  return new Error(said.includes('undefined') ? 'unexpected end' : said);
}

async function* inPieces(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of bytes)
    for (let at = 0; at < chunk.length; at += pieceSize) yield chunk.subarray(at, at + pieceSize);
}
