import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerEngine } from '../../../src/engine/docker/docker-engine.js';
import type { Engine } from '../../../src/engine/port.js';
import { openStore } from '../../../src/engine/store/store.js';
import { claimPulls, claimSingleBlobs } from '../../engine/claims/one-by-one.js';
import type { Subject } from '../../engine/claims/subject.js';
import { clear } from '../stock.js';
import { workstations } from '../workstation.js';

const workstation = workstations[process.env.LAB_INSIDE as 'ada'];

describe('the containerd store, on the loopback interface that its agent shares', { timeout: 60_000 }, () => {
  const engine = new DockerEngine(
    { address: `unix://${workstation.engineSocket}`, namedBy: 'lab' },
    { choice: 'auto', secret: 'lab' },
  );
  let subject: Subject | undefined;
  let store: Engine;
  let folder: string;

  beforeAll(async () => {
    await clear(workstation);
    folder = await mkdtemp(path.join(tmpdir(), 'p2pimg-test-'));
    store = await openStore(folder);
    const { platform } = await engine.identify();
    subject = { engine, other: engine, platform };
  });
  afterAll(async () => {
    await Promise.all([engine.close(), store.close()]);
    await rm(folder, { recursive: true, force: true });
    await clear(workstation);
  });

  it('is found to be reached', async () => {
    expect(await engine.lane()).toMatchObject({ name: 'loopback' });
  });

  const tried = (): Subject => {
    if (subject === undefined) throw new Error('the engine is not open');
    return subject;
  };
  claimSingleBlobs(tried);
  claimPulls(() => ({ ...tried(), engine: store }));
});
