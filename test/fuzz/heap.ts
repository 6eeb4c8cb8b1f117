import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** The bytes of the heap that are in use once all garbage is collected. */
export async function collectedHeap(): Promise<number> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  await setImmediate();
  collect();
  await setImmediate();
  collect();
  return process.memoryUsage().heapUsed;
}
