import { on, once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { NotedSource } from './through.js';

/** How many unpacked pieces may wait to be read. */
const mostWaiting = 8;
/** Bytes of such a piece. */
const pieceSize = 256 * 1024;

/**
 * What the worker does: it decodes without a pause, and sleeps where it has to wait. `given` counts the pieces that it
 * was given, `taken` those of its own that were read. It answers `next` where it wants a piece, and `end`. The parts of
 * `unbzip2-stream` are put together anew: as it stands, it unpacks all that it has got at once, whatever that comes to.
 */
const program = `
const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads');
const { bzip2, iterator, most, pieceSize } = workerData;
const [given, taken] = [new Int32Array(workerData.given), new Int32Array(workerData.taken)];
const decoder = require(bzip2);
let [asked, told, came] = [0, 0, 0];
let held;
function receive() {
  parentPort.postMessage('next');
  asked += 1;
  for (let has = Atomics.load(given, 0); has < asked; has = Atomics.load(given, 0)) Atomics.wait(given, 0, has);
  const { message } = receiveMessageOnPort(parentPort);
  if (message !== null) came += message.length;
  return message ?? undefined;
}
const bits = require(iterator)(() => {
  const piece = held ?? receive();
  held = undefined;
  if (piece === undefined) throw new Error('unexpected end');
  return piece;
});
let out = Buffer.allocUnsafeSlow(pieceSize);
let length = 0;
function flush() {
  for (let read = Atomics.load(taken, 0); told - read >= most; read = Atomics.load(taken, 0))
    Atomics.wait(taken, 0, read);
  told += 1;
  parentPort.postMessage(out.subarray(0, length));
  length = 0;
}
function put(byte) {
  out[length++] = byte;
  if (length === pieceSize) flush();
}
function hasMore() {
  if (came > bits.bytesRead) return true;
  held = receive();
  return held !== undefined;
}
try {
  do {
    const size = 100000 * decoder.header(bits);
    const block = new Int32Array(size);
    for (let sum = 0; sum !== null; ) sum = decoder.decompress(bits, put, block, size, sum);
  } while (hasMore());
  if (length > 0) flush();
  parentPort.postMessage('end');
} catch (error) {
  parentPort.postMessage({ failure: error?.message ?? String(error) });
}
`;

type Answer = Uint8Array | 'next' | 'end' | { readonly failure: string };

/** Unpacks bzip2 in a thread of its own, some MB a second: in this one it would block everything for seconds. */
export async function* unbzip2(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const source = new NotedSource(bytes);
  const pieces = source[Symbol.asyncIterator]();
  const { resolve } = createRequire(import.meta.url);
  const [given, taken] = [new SharedArrayBuffer(4), new SharedArrayBuffer(4)];
  const workerData = {
    given,
    taken,
    most: mostWaiting,
    pieceSize,
    bzip2: resolve('unbzip2-stream/lib/bzip2.js'),
    iterator: resolve('unbzip2-stream/lib/bit_iterator.js'),
  };
  const worker = new Worker(program, { eval: true, workerData });
  const exited = once(worker, 'exit');
  try {
    for await (const [answer] of on(worker, 'message') as AsyncIterable<[Answer]>) {
      if (answer === 'end') return;
      if (answer === 'next') {
        const next = await pieces.next();
        worker.postMessage(next.done === true ? null : next.value);
        count(given);
      } else if (answer instanceof Uint8Array) {
        yield Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
        count(taken);
      } else throw new Error(answer.failure);
    }
  } catch (error) {
    throw source.explain(error);
  } finally {
    await worker.terminate();
    await exited;
    await pieces.return(undefined);
  }
}

function count(shared: SharedArrayBuffer): void {
  const counter = new Int32Array(shared);
  Atomics.add(counter, 0, 1);
  Atomics.notify(counter, 0);
}
