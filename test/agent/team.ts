import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { Agent } from '../../src/agent/agent.js';
import { type Paths, paths } from '../../src/control/paths.js';
import { openStore } from '../../src/engine/store/store.js';
import type { Digest } from '../../src/image/digest.js';
import { localPlatform } from '../../src/image/platform.js';
import { canonical, parseReference } from '../../src/image/reference.js';
import { give } from '../engine/claims/subject.js';
import { blobFile } from '../engine/store-folder.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { file } from '../fixtures/tar.js';
import { until } from '../lab/until.js';

/** What a device of a test is opened with. */
export interface Traits {
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Devices that it knows by address. */
  readonly knows?: readonly TestDevice[];
  /** Without it nobody is let in, as in a command that finds no agent. */
  readonly serves?: boolean;
  /** A folder of archives instead of a store. */
  readonly archives?: string;
}

/** A device with a store of its own, on the loopback interface; it is known only to who knows it by address. */
export class TestDevice {
  readonly name: string;
  readonly folder: string;
  readonly agent: Agent;

  private constructor(name: string, folder: string, agent: Agent) {
    this.name = name;
    this.folder = folder;
    this.agent = agent;
  }

  /** Opens a device in the team of those that it knows, or in one of its own. */
  static async open(name: string, traits: Traits = {}): Promise<TestDevice> {
    const folder = await mkdtemp(path.join(tmpdir(), `p2pimg-${name}-`));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { configuration, knows = [], serves = true, archives } = traits;
    const where = paths({ P2PIMG_HOME: folder });
    if (configuration !== undefined) await configure(where, configuration);
    const agent = await Agent.open({
      paths: where,
      name,
      engine: archives === undefined ? `layout:${path.join(folder, 'store')}` : undefined,
      archives,
      peers: knows.map(({ agent: { presence } }) => `127.0.0.1:${presence.listening?.port}`),
      interfaces: ['127.0.0.1'],
    });
    onTestFinished(() => agent.close());
    const [first] = knows;
    if (first === undefined) await agent.createTeam(false);
    else await agent.joinTeam((await first.agent.showTeam()).invite, false);
    if (serves) await agent.serve(0);
    const device = new TestDevice(name, folder, agent);
    await device.untilPeers(knows.length);
    return device;
  }

  async untilPeers(count: number): Promise<void> {
    await until(
      () => this.agent.peers(),
      ({ peers }) => peers.length >= count,
    );
  }

  /** Puts an image into its store under these names. */
  async put(image: Image, ...names: string[]): Promise<Digest> {
    const engine = await openStore(path.join(this.folder, 'store'));
    try {
      const id = await give(engine, image);
      for (const name of names) await engine.tag(id, parseReference(name));
      return id;
    } finally {
      await engine.close();
      await this.agent.catalogue.refresh();
    }
  }

  /** Spoils the uppermost layer of an image in its store: other bytes, as many. */
  async spoil({ layers }: Image): Promise<void> {
    const blob = layers.at(-1)?.blob;
    if (blob === undefined) throw new Error('the image has no layer');
    const file = blobFile(path.join(this.folder, 'store'), blob.digest as Digest);
    await writeFile(file, Buffer.alloc(blob.size));
  }

  /** What lies in its store's folders of blobs. */
  async blobs(): Promise<string[]> {
    const store = path.join(this.folder, 'store');
    const names = await readdir(store, { recursive: true, encoding: 'utf8', withFileTypes: true });
    return names
      .filter((entry) => entry.isFile() && !['index.json', 'oci-layout'].includes(entry.name))
      .map(({ name }) => name);
  }

  /** Config digests and names of what its store has, in order. */
  async stock(): Promise<string[]> {
    const engine = await openStore(path.join(this.folder, 'store'));
    try {
      return (await engine.list())
        .map(({ configDigest, references }) =>
          [configDigest, ...references.map(canonical).toSorted()].join(' '),
        )
        .toSorted();
    } finally {
      await engine.close();
    }
  }
}

/** A question that lets all else have its turn before it is asked: for `until`, in one process. */
export function inTurn<T>(ask: () => Promise<T>): () => Promise<T> {
  return async () => {
    await setImmediate();
    return ask();
  };
}

/** An image of two layers, of which one has so many random bytes. */
export function imageOf(own: string, bytes = 300_000, created = new Date('2024-02-29')): Promise<Image> {
  return buildImage({
    layers: [
      { entries: [file('base', { random: 100_000 })], compression: 'gzip' },
      { entries: [file(`own-${own}`, { random: bytes })], compression: 'none' },
    ],
    platform: { os: 'linux', architecture: localPlatform().architecture },
    labels: { own },
    created,
  });
}

async function configure({ config }: Paths, configuration: object): Promise<void> {
  await mkdir(config, { recursive: true, mode: 0o700 });
  await writeFile(path.join(config, 'config.json'), JSON.stringify(configuration), { mode: 0o600 });
}
