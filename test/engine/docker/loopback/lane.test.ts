import { describe, expect, it } from 'vitest';
import { LaneFinder } from '../../../../src/engine/docker/loopback/lane.js';
import { LoopbackRegistry } from '../../../../src/engine/docker/loopback/registry.js';
import type { LaneChoice } from '../../../../src/engine/port.js';
import { type Answer, engineApi } from '../api.js';

const notFound = { status: 404, json: { message: 'manifest unknown' } };

/** An engine that pulls, or only says so. */
async function finding(choice: LaneChoice, pull: (name: string, tag: string) => Answer) {
  const { client, calls } = await engineApi((call, query) =>
    call === 'POST /images/create' ? pull(query.get('fromImage') ?? '', query.get('tag') ?? '') : undefined,
  );
  return { lane: new LaneFinder({ client, registry: new LoopbackRegistry('secret') }, choice), calls };
}

const comes = (name: string, tag: string): Answer => {
  const [address = '', ...path] = name.split('/');
  return (response) => {
    void fetch(`http://${address}/v2/${path.join('/')}/manifests/${tag}`).then(() =>
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"not found"}'),
    );
  };
};

describe('the lane of an engine', () => {
  it('is the loopback interface where the engine comes there, and is tried once', async () => {
    const { lane, calls } = await finding('auto', comes);
    expect(await lane.find('containerd')).toMatchObject({ name: 'loopback' });
    expect(await lane.find('containerd')).toMatchObject({ name: 'loopback' });
    expect(calls).toHaveLength(1);
    lane.forget();
    await lane.find('containerd');
    expect(calls).toHaveLength(2);
  });

  it('is save where the engine looks for it elsewhere', async () => {
    const { lane } = await finding('auto', () => notFound);
    expect(await lane.find('classic')).toMatchObject({ name: 'save', why: expect.stringContaining('VM') });
  });

  it.each([
    ['save', 'classic', 'save'],
    ['loopback', 'containerd', 'loopback'],
    ['loopback', 'podman', 'save'],
    ['auto', 'podman', 'save'],
  ] as const)('of a choice of %s for %s is %s, untried', async (choice, store, name) => {
    const { lane, calls } = await finding(choice, () => notFound);
    expect((await lane.find(store)).name).toBe(name);
    expect(calls).toEqual([]);
  });

  it('is tried again when the engine did not answer', async () => {
    const answers: Answer[] = [(response) => response.destroy(), notFound];
    const { lane } = await finding('auto', () => answers.shift() ?? notFound);
    await expect(lane.find('classic')).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    expect(await lane.find('classic')).toMatchObject({ name: 'save' });
  });
});
