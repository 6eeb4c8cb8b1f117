import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeImage } from '../../demo/make-image.js';
import { Agent } from '../../src/agent/agent.js';
import type { GetEvent } from '../../src/control/api.js';
import { connectControl } from '../../src/control/client.js';
import { paths } from '../../src/control/paths.js';
import { serveControl } from '../../src/control/server.js';
import { openStore } from '../../src/engine/store/store.js';
import { P2pimgError } from '../../src/error.js';
import { type LogRecord, logfmt } from '../../src/log/line.js';
import { Log } from '../../src/log/log.js';
import { readExposition } from '../control/exposition-reader.js';

const never = new AbortController().signal;
const image = 'team/journalled:1';

/** Two real agents on the loopback interface; the first gives. */
describe('what an agent does', { timeout: 60_000 }, () => {
  let folder: string;
  const agents: Agent[] = [];
  const logs: LogRecord[][] = [];
  let ada: Agent;
  let bob: Agent;
  let invite: string;
  const home = (name: string) => paths({ P2PIMG_HOME: path.join(folder, name) });

  async function start(name: string, peers: readonly string[] = []): Promise<Agent> {
    const records: LogRecord[] = [];
    logs.push(records);
    const log = new Log((record) => records.push(record), 'debug');
    const settings = { paths: home(name), engine: 'store', peers, interfaces: ['127.0.0.1'], name, log };
    await mkdir(settings.paths.state, { recursive: true });
    const agent = await Agent.open(settings);
    agents.push(agent);
    return agent;
  }

  async function get(wanted: string): Promise<Extract<GetEvent, { type: 'done' }>> {
    for await (const event of bob.get({ image: wanted }, never)) if (event.type === 'done') return event;
    throw new Error('it never was done');
  }

  async function sampleOf(agent: Agent, name: string, labels: Record<string, string> = {}) {
    const samples = readExposition(await agent.metrics());
    const found = samples.find(
      (one) => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels),
    );
    return found?.value;
  }
  const ended = (agent: Agent, direction: string, outcome: string) =>
    sampleOf(agent, 'p2pimg_transfers_total', { direction, outcome });

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-journal-'));
    const store = await openStore(path.join(home('ada').state, 'store'));
    await makeImage(store, image);
    await store.close();
    ada = await start('ada');
    await ada.createTeam(false);
    await ada.serve(0);
    ({ invite } = await ada.showTeam());
    bob = await start('bob', ['127.0.0.1:1']); // nobody is there
    await bob.joinTeam(invite, false);
    await bob.serve(0);
    for (const agent of agents)
      await vi.waitFor(async () => expect((await agent.peers()).peers).toHaveLength(1), 30_000);
  });

  afterAll(async () => {
    for (const agent of agents) await agent.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is counted on both sides', async () => {
    const { wire } = await get(image);
    expect(wire).toBeGreaterThan(0);
    await vi.waitFor(async () => expect(await ended(ada, 'sent', 'done')).toBe(1));
    expect(await ended(bob, 'received', 'done')).toBe(1);
    const bytes = 'p2pimg_transferred_bytes_total';
    expect(await sampleOf(bob, bytes, { direction: 'received' })).toBe(wire);
    // what is sent is counted in frames, without the messages between them
    const sent = (await sampleOf(ada, bytes, { direction: 'sent' })) ?? 0;
    expect(sent).toBeLessThanOrEqual(wire);
    expect(sent).toBeGreaterThan(0.99 * wire);
    expect(await sampleOf(ada, bytes, { direction: 'received' })).toBe(0);
    await get(image);
    expect(await ended(bob, 'received', 'already')).toBe(1);
    await expect(get('team/nobody-has:1')).rejects.toMatchObject({ code: 'NOBODY_HAS_IT' });
    expect(await ended(bob, 'received', 'nobody')).toBe(1);
    expect(await sampleOf(ada, 'p2pimg_peers')).toBe(1);
    expect(await sampleOf(ada, 'p2pimg_shared_images')).toBe(1);
    expect(await sampleOf(ada, 'p2pimg_process_resident_memory_bytes')).toBeUndefined();
    expect(await sampleOf(ada, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
  });

  it('names no peer, no image and no team in its metrics', async () => {
    const [theirs] = (await ada.peers()).peers;
    const { tag } = await ada.showTeam();
    const text = (await ada.metrics()) + (await bob.metrics());
    const { peerId } = await ada.status();
    for (const word of [
      '"ada',
      '"bob',
      theirs?.id.slice(0, 8) ?? '',
      peerId.slice(0, 8),
      'journalled',
      tag,
      '127.0',
    ])
      expect(text).not.toContain(word);
  });

  it('is logged, and the log has no secret', async () => {
    const lines = logs.map((records) => records.map((record) => logfmt(record, 'time')));
    expect(lines[0]).toContainEqual(
      expect.stringMatching(/^level=info msg="a peer came" peer=bob id=[0-9a-f]{12}$/),
    );
    expect(lines[0]).toContainEqual(
      expect.stringMatching(/^level=info msg="an image was given" outcome=done image=/),
    );
    expect(lines[1]).toContainEqual(
      expect.stringMatching(
        /^level=info msg="an image was got" outcome=done image=team\/journalled:1 peer=ada bytes=\d+ ms=\d+$/,
      ),
    );
    expect(lines[1]).toContainEqual(expect.stringContaining('code=NOBODY_HAS_IT'));
    expect(lines[1]).toContainEqual(
      expect.stringMatching(
        /^level=debug msg="a peer could not be met" peer=127\.0\.0\.1:1 at=127\.0\.0\.1:1 code=\w+ reason=/,
      ),
    );
    expect(lines.flat().join('\n').toLowerCase()).not.toContain(invite.slice(10, 30).toLowerCase());
  });

  it('is told by the control socket, at /metrics too', async () => {
    const { socket } = home('ada');
    const server = await serveControl(ada, socket);
    const client = await connectControl(socket);
    const samples = readExposition((await client?.metrics()) ?? '');
    expect(samples).toContainEqual({ name: 'p2pimg_peers', labels: {}, value: 1 });
    await server.close();
  });

  it('is served on the loopback interface while the setting says so, which is kept', async () => {
    const kept = async () => JSON.parse(await readFile(path.join(home('ada').config, 'config.json'), 'utf8'));
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const told: string[] = [];
    await ada.journal.beginServing(port, ({ code }) => told.push(code)); // at its start that ends nothing
    expect(told).toEqual(['PORT_TAKEN']);
    expect((await ada.status()).troubles).toMatchObject([{ code: 'PORT_TAKEN' }]);
    await expect(ada.changeSettings({ type: 'metrics', port })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
    taken.close();
    await once(taken, 'close');
    expect((await ada.settings()).metricsPort).toBeUndefined();

    await ada.changeSettings({ type: 'metrics', port });
    expect(await kept()).toMatchObject({ metricsPort: port });
    expect((await ada.status()).metricsPort).toBe(port);
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(readExposition(await answer.text()).length).toBeGreaterThan(20);
    await ada.changeSettings({ type: 'metrics' });
    expect(await kept()).not.toHaveProperty('metricsPort');
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });

  it('and what went wrong, is told by its status: each once, the last first', async () => {
    const { presence } = ada;
    for (const message of ['first', 'second', 'first'])
      presence.events.emit('trouble', new P2pimgError('UNPROVED', message));
    const { troubles, visitors, interfaces } = await ada.status();
    expect(troubles?.slice(0, 2)).toMatchObject([
      { code: 'UNPROVED', message: 'first', times: 2 },
      { code: 'UNPROVED', message: 'second', times: 1 },
    ]);
    expect(interfaces).toMatchObject([{ address: '127.0.0.1' }]);
    expect(visitors).toBe(1);
  });

  it('ends with the peers that go', async () => {
    await bob.close();
    agents.pop();
    await vi.waitFor(() => {
      expect(logs[0]?.map(({ message }) => message)).toContain('a peer went');
    }, 20_000);
  });
});
