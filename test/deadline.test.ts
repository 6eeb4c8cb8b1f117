import { EventEmitter, once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { deadlineOf } from '../src/deadline.js';

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

it('comes, though nobody holds it but who waits, and what is not used is collected', async () => {
  const { signal } = new AbortController();
  const waits = once(new EventEmitter(), 'never', deadlineOf(300, signal)).catch((error) => error);
  const collecting = setInterval(collect, 10);
  const ended = await Promise.race([waits, new Promise((resolve) => setTimeout(resolve, 10_000, 'not'))]);
  clearInterval(collecting);
  expect(ended).toMatchObject({ name: 'AbortError' });
});

it('comes with any of the others, at once where one is over, and with its reason', () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const { signal } = deadlineOf(60_000, one.signal, other.signal);
  expect(signal.aborted).toBe(false);
  other.abort('over');
  expect(signal.reason).toBe('over');
  expect(deadlineOf(60_000, one.signal, other.signal).signal.reason).toBe('over');
});

it('does not come once it is cleared, and leaves nothing at the others', async () => {
  const other = new AbortController();
  const { signal, clear } = deadlineOf(10, other.signal);
  clear();
  await new Promise((resolve) => setTimeout(resolve, 50));
  other.abort();
  expect(signal.aborted).toBe(false);
});
