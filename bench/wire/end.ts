import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { BlobStream } from '../../src/image/blob.js';
import type { Digest } from '../../src/image/digest.js';
import { localPlatform } from '../../src/image/platform.js';
import { dial } from '../../src/net/dial.js';
import { tlsOptions } from '../../src/net/handshake.js';
import { listen } from '../../src/net/listen.js';
import { give } from '../../src/transfer/give.js';
import { receive } from '../../src/transfer/receive.js';
import type { Source } from '../../src/transfer/source.js';
import { Tickets } from '../../src/transfer/tickets.js';
import { loadIdentity } from '../../src/trust/identity.js';
import { Team } from '../../src/trust/team.js';
import type { Channel } from '../../src/wire/channel.js';
import { chunksOf, describe, type MadeImage } from './content.js';

/** How the bytes cross: by our transfer, or by a TLS socket, without and with a digest made of them. */
export type Way = 'ours' | 'plain' | 'plain and SHA-256';

/** What an end is told, as JSON in its only argument. */
export interface EndSettings {
  readonly role: 'source' | 'receiver';
  readonly way: Way;
  readonly image: MadeImage;
  /** The folder of the identity of this end. */
  readonly identity: string;
  readonly teamSecret: string;
  /** Where the source listens; the receiver is told. */
  readonly port?: number;
}

/** What an end says, one JSON object a line. */
export type EndLine =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'done'; readonly ms: number; readonly cpuMs: number; readonly peakRss: number };

const hello = { type: 'hello', name: 'bench', version: '0', uploads: { active: 0, limit: 1 } } as const;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const settings = JSON.parse(process.argv[2] ?? '') as EndSettings;
  const { identity, teamSecret, role, way } = settings;
  const device = { identity: await loadIdentity(identity), team: new Team(Buffer.from(teamSecret, 'hex')) };
  if (role === 'source') await (way === 'ours' ? giveOne(settings, device) : writeOne(settings, device));
  else await (way === 'ours' ? getOne(settings, device) : readOne(settings, device));
  process.exit(0);
}

type Device = Pick<Parameters<typeof dial>[0], 'identity' | 'team'>;

async function giveOne({ image }: EndSettings, { identity, team }: Device): Promise<void> {
  const pool = readFileSync(image.poolFile);
  const description = describe(image);
  const channel = await new Promise<Channel>((resolve) => {
    const opened = listen({ identity, team: () => team, port: 0, host: '127.0.0.1', onChannel: resolve });
    void opened.then(({ port }) => say({ type: 'listening', port }));
  });
  const measure = begin();
  await channel.send(hello);
  for (;;) {
    const incoming = await channel.receive();
    if (incoming?.type !== 'message') throw new Error('the receiver went away');
    if (incoming.message.type !== 'request') continue;
    await give(channel, incoming.message, {
      find: async () => ({ ...description, references: [], platforms: [description.platform] }),
      reader: async () => undefined,
      tickets: new Tickets(),
      describe: async () => description,
      export: (_image, wanted) => blobsOf(pool, image, wanted),
      admit: async () => () => undefined,
    });
    break;
  }
  say(measure());
}

async function* blobsOf(
  pool: Buffer,
  image: MadeImage,
  wanted: ReadonlySet<Digest>,
): AsyncGenerator<BlobStream> {
  for (const layer of image.layers) {
    const { digest, size } = layer;
    if (wanted.has(digest)) yield { digest, size, offset: 0, content: asEngines(chunksOf(pool, layer)) };
  }
}

async function* asEngines(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}

async function getOne({ image, port }: EndSettings, device: Device): Promise<void> {
  const signal = new AbortController().signal;
  const measure = begin();
  const channel = await dial({ ...device, addresses: [`127.0.0.1:${port}`], signal, timeoutMs: 5_000 });
  await channel.send(hello);
  const source: Source = { peer: { name: 'bench', id: channel.peerId }, open: async () => channel };
  const { configDigest } = describe(image);
  let received = 0;
  await receive(
    {
      puller: async () => undefined,
      hold: async () => ({ layers: new Map(), release: async () => undefined }),
      import: async (_image, _held, blobs) => {
        for await (const { content } of blobs) for await (const chunk of content) received += chunk.length;
        return configDigest;
      },
      tag: async () => undefined,
    },
    {
      now: () => source,
      next: async () => source,
      failed: (_source, error) => {
        throw error;
      },
    },
    { image: configDigest, platform: localPlatform() },
    undefined,
    { name: 'bench', patienceMs: 1_000, signal },
    {
      offered: () => undefined,
      planned: () => undefined,
      preparing: () => undefined,
      received: () => undefined,
      lost: () => undefined,
      resumed: () => undefined,
      loading: () => undefined,
    },
  );
  if (received !== image.size) throw new Error(`${received} bytes came of ${image.size}`);
  say(measure());
}

/** The same bytes and the same certificates on a socket, with nothing around them. */
async function writeOne({ image }: EndSettings, { identity }: Device): Promise<void> {
  const pool = readFileSync(image.poolFile);
  const server = createServer({
    ...tlsOptions,
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    requestCert: true,
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null) say({ type: 'listening', port: address.port });
  });
  const [socket] = (await once(server, 'secureConnection')) as [TLSSocket];
  socket.setNoDelay(true);
  const measure = begin();
  for (const layer of image.layers)
    for (const chunk of chunksOf(pool, layer)) if (!socket.write(chunk)) await once(socket, 'drain');
  socket.end();
  await once(socket.resume(), 'close');
  say(measure());
}

async function readOne({ image, port, way }: EndSettings, { identity }: Device): Promise<void> {
  const hash = way === 'plain' ? undefined : createHash('sha256');
  const measure = begin();
  const socket = connect({
    ...tlsOptions,
    host: '127.0.0.1',
    port: port ?? 0,
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
  });
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
    hash?.update(chunk);
  });
  await once(socket, 'end');
  hash?.digest();
  if (received !== image.size) throw new Error(`${received} bytes came of ${image.size}`);
  say(measure());
}

function begin(): () => Extract<EndLine, { type: 'done' }> {
  const [begun, used] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(used);
    const ms = performance.now() - begun;
    return {
      type: 'done',
      ms,
      cpuMs: (user + system) / 1000,
      peakRss: process.resourceUsage().maxRSS * 1024,
    };
  };
}

function say(line: EndLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
