import { once } from 'node:events';
import { afterEach } from 'vitest';
import type { Advert } from '../../src/discovery/advert.js';
import { MulticastDiscovery } from '../../src/discovery/multicast.js';
import { idOf } from './device.js';

/** The addresses of the only interface that these tests use. */
export const loopback = ['127.0.0.1'];
/** Stands in every name, so that it is of this run alone. */
export const run = `${process.pid}-${Date.now()}`;
/** What is to be undone after the test, last first. */
export const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A device, not yet started. Names are of this run alone, as every test on this machine shares the loopback interface. */
export function device(role: string): { name: string; discovery: MulticastDiscovery } {
  const name = `${role}-${run}`;
  const discovery = new MulticastDiscovery({ self: idOf(name), interfaces: loopback, pollMs: 100 });
  cleanups.push(() => discovery.stop());
  return { name, discovery };
}

/** Resolves when the device of this name is seen, as of this generation. */
export async function sees(discovery: MulticastDiscovery, name: string, generation = 1): Promise<Advert> {
  for (;;) {
    const [advert] = (await once(discovery.events, 'seen')) as [Advert];
    if (advert.name === name && advert.generation === generation) return advert;
  }
}

/** Resolves when the device of this name is gone. */
export async function misses(discovery: MulticastDiscovery, name: string): Promise<void> {
  for (;;) if (((await once(discovery.events, 'gone')) as [string])[0] === idOf(name)) return;
}

/** Says how long it took. */
export async function timed<T>(what: string, promise: Promise<T>): Promise<{ result: T; ms: number }> {
  const begun = performance.now();
  const result = await promise;
  const ms = performance.now() - begun;
  console.log(`discovery: ${what}: ${ms.toFixed(0)} ms`);
  return { result, ms };
}
