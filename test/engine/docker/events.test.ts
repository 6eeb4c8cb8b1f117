import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { followEvents } from '../../../src/engine/docker/events.js';
import { temporaryName } from '../../../src/engine/docker/temporary.js';
import { listOf } from '../../wire/samples.js';
import { engineApi } from './api.js';

const tag = (name: string) => ({ Action: 'tag', Actor: { ID: 'sha256:1', Attributes: { name } } });
const send = (response: ServerResponse, ...events: object[]) =>
  events.map((event) => response.write(`${JSON.stringify(event)}\n`));

/** An engine whose event streams are, one after the other, in the hands of the test. */
async function engine(...streams: ((response: ServerResponse) => void)[]) {
  const api = await engineApi((call) => (call === 'GET /events' ? streams.shift() : undefined));
  const stopping = new AbortController();
  return {
    events: followEvents(api.client, stopping.signal),
    stop: () => stopping.abort(),
    calls: api.calls,
  };
}
const changed = { done: false, value: { type: 'changed' } };

describe('an engine’s events', () => {
  it('are those that change the list of images, and not our own', async () => {
    const { events, stop } = await engine((response) =>
      send(
        response,
        { Action: 'save' },
        { Action: 'push' },
        { status: 'pull' },
        tag(`${temporaryName()}:x`),
        { Action: 'untag', Actor: { ID: `docker.io/${temporaryName()}:x` } },
        tag('app:1'),
        { Action: 'delete', Actor: { ID: 'sha256:1' } },
        { Action: 'save' },
        { Action: 'load' },
      ),
    );
    for (let event = 0; event < 3; event += 1) expect(await events.next()).toEqual(changed);
    const next = events.next();
    stop();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it.each([
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
  ])('are told of %s', async (Action) => {
    const { events, stop } = await engine((response) => send(response, { Action }));
    expect(await events.next()).toEqual(changed);
    stop();
  });

  it('tell that the engine went away, once, and that it is back, and go on', async () => {
    const { events, stop, calls } = await engine(
      (response) => response.end('{"Action":"tag"}\n'),
      (response) => void response.destroy(),
      (response) => send(response, { Action: 'tag' }),
    );
    expect(await events.next()).toEqual(changed);
    expect(await events.next()).toMatchObject({ value: { type: 'lost', reason: expect.any(String) } });
    expect(await events.next()).toEqual({ done: false, value: { type: 'back' } });
    expect(await events.next()).toEqual(changed);
    expect(calls).toHaveLength(3);
    stop();
  });

  it('end with the signal, also while the engine is away', async () => {
    const { events, stop } = await engine();
    expect(await events.next()).toMatchObject({ value: { type: 'lost' } });
    const rest = listOf(events);
    stop();
    expect(await rest).toEqual([]);
  });

  it('do not begin after the signal', async () => {
    const { events, stop, calls } = await engine();
    stop();
    expect(await listOf(events)).toEqual([]);
    expect(calls).toEqual([]);
  });
});
