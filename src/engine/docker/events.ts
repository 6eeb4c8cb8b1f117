import { setTimeout as delay } from 'node:timers/promises';
import { asP2pimgError } from '../../error.js';
import type { EngineEvent } from '../port.js';
import type { DockerClient } from './client.js';
import { jsonLines } from './json-lines.js';
import { isTemporaryName } from './temporary.js';

/** What changes the list of images; pushes and saves do not. */
const changes = new Set([
  'build',
  'create',
  'delete',
  'import',
  'load',
  'loadfromarchive',
  'pull',
  'remove',
  'tag',
  'untag',
  'prune',
]);

/** The longest wait before an engine that is away is tried again. */
const longestWaitMs = 3_000;

/** Follows an engine's events until the signal, and across its restarts. */
export async function* followEvents(client: DockerClient, signal: AbortSignal): AsyncGenerator<EngineEvent> {
  let away: 'no' | 'yes' = 'no';
  let waitMs = 100;
  while (!signal.aborted) {
    try {
      const stream = await client.events(signal);
      if (away === 'yes') yield { type: 'back' };
      away = 'no';
      waitMs = 100;
      for await (const { Action, Actor } of jsonLines(stream, client.endpoint)) {
        if (Action === undefined || !changes.has(Action)) continue;
        if (isTemporaryName(Actor?.Attributes?.name ?? '') || isTemporaryName(Actor?.ID ?? '')) continue;
        yield { type: 'changed' };
      }
      throw new Error('the engine closed its event stream');
    } catch (error) {
      if (signal.aborted) return;
      if (away === 'no') yield { type: 'lost', reason: asP2pimgError(error).message };
      away = 'yes';
    }
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, longestWaitMs);
  }
}
