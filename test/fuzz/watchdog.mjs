import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { workerData } from 'node:worker_threads';

/** Ends the process when its count of inputs has stood still for so long; the input goes to the file first. */
const patienceMs = 60_000;

const counts = new Int32Array(workerData.count);
let last = -1;
setInterval(() => {
  const count = Atomics.load(counts, 0);
  if (count !== last) {
    last = count;
    return;
  }
  writeFileSync(workerData.file, new Uint8Array(workerData.input).slice(0, counts[1]));
  process.stderr.write(`an input takes over ${patienceMs / 1000} s: ${workerData.file}\n`);
  process.kill(process.pid, 'SIGKILL');
}, patienceMs);
