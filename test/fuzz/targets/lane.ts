import { connect } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import type { DockerClient } from '../../../src/engine/docker/client.js';
import { pullImage } from '../../../src/engine/docker/loopback/pull.js';
import { type PushedBlob, pushImage } from '../../../src/engine/docker/loopback/push.js';
import { LoopbackRegistry } from '../../../src/engine/docker/loopback/registry.js';
import { digestOf } from '../../../src/image/digest.js';
import { mediaTypes } from '../../../src/image/manifest.js';
import { manifestJson } from '../corpus.js';
import { mustHold, type Target } from '../target.js';

/** An engine that pushes and pulls for as long as its answer stands open. */
class IdleEngine {
  readonly endpoint = { type: 'socket' as const, path: '/nowhere' };
  readonly answer = new PassThrough();
  name = '';
  readonly asked: Promise<void>;
  #begin: () => void = () => undefined;

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  push = async (name: string): Promise<Readable> => this.#open(name);
  pull = async (name: string): Promise<Readable> => this.#open(name);
  tag = async (): Promise<void> => undefined;
  remove = async (): Promise<void> => undefined;

  get client(): DockerClient {
    return this as unknown as DockerClient;
  }

  #open(name: string): Readable {
    this.name = name;
    this.#begin();
    return this.answer;
  }
}

const [config, layer] = [digestOf('three'), digestOf('one')];
const image = {
  id: digestOf(manifestJson),
  configDigest: config,
  platform: { os: 'linux', architecture: 'amd64' },
  size: 8,
  layers: [{ diffId: layer, digest: layer, mediaType: mediaTypes.ociLayer, size: 3 }],
  manifest: { mediaType: mediaTypes.ociManifest, digest: digestOf(manifestJson), json: manifestJson },
};

async function take({ content }: PushedBlob): Promise<void> {
  for await (const _ of content);
}

/** Both directions stand open in one registry while the target is used. */
async function open() {
  const registry = new LoopbackRegistry('fuzz');
  const signal = new AbortController().signal;
  const [pushing, pulling] = [new IdleEngine(), new IdleEngine()];
  const target = { has: (digest: string) => digest === config, take };
  const done: Promise<unknown>[] = [
    pushImage({ client: pushing.client, registry }, { id: image.id, platform: undefined }, target, signal),
  ];
  await pushing.asked;
  const read = () => ({ digest: layer, size: 3, offset: 0, content: one() });
  done.push(pullImage({ client: pulling.client, registry }, image, read, signal, async () => undefined));
  await pulling.asked;
  const [address = '', push = ''] = cut(pushing.name);
  const [, pull = ''] = cut(pulling.name);
  const port = Number(address.slice(address.indexOf(':') + 1));
  const close = async () => {
    for (const engine of [pushing, pulling]) engine.answer.end('{"status":"done"}\n');
    await Promise.allSettled(done);
  };
  return { port, push, pull, close };
}

async function* one(): AsyncGenerator<Buffer> {
  yield Buffer.from('one');
}

function cut(name: string): string[] {
  const slash = name.indexOf('/');
  return [name.slice(0, slash), name.slice(slash + 1)];
}

let opened: Promise<Awaited<ReturnType<typeof open>>> | undefined;

/** In inputs these stand for the paths that are open, which no two processes share. */
const [pushHere, pullHere] = ['PUSH', 'PULL'];
const request = (line: string, headers = '', body = '') =>
  Buffer.from(`${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}Connection: close\r\n\r\n${body}`);

/** HTTP of the loopback lane: what any process of this machine may say to the port while an image is pushed or pulled. */
export const lane: Target = {
  name: 'lane',
  form: 'bytes',
  inputs: { test: 300, share: 0.5 },
  seeds: () => [
    request('GET /v2/'),
    request(`HEAD /v2/${pushHere}/blobs/${layer}`),
    request(`POST /v2/${pushHere}/blobs/uploads/`, 'Content-Length: 0\r\n'),
    request(`POST /v2/${pushHere}/blobs/uploads/?mount=${config}&from=x`, 'Content-Length: 0\r\n'),
    request(`PATCH /v2/${pushHere}/blobs/uploads/one`, 'Content-Length: 3\r\n', 'one'),
    request(
      `PATCH /v2/${pushHere}/blobs/uploads/one`,
      'Transfer-Encoding: chunked\r\n',
      '3\r\none\r\n0\r\n\r\n',
    ),
    request(`PUT /v2/${pushHere}/blobs/uploads/one?digest=${layer}`, 'Content-Length: 3\r\n', 'one'),
    request(`PUT /v2/${pushHere}/manifests/1`, `Content-Length: ${manifestJson.length}\r\n`, manifestJson),
    request(`GET /v2/${pullHere}/manifests/${image.id}`),
    request(`GET /v2/${pullHere}/blobs/${layer}`, 'Range: bytes=1-\r\n'),
    request(`GET /v2/${pullHere}/blobs/${config}`),
  ],
  words: [
    '/v2/',
    `/v2/${pushHere}/`,
    `/v2/${pullHere}/`,
    '//',
    '/../',
    '%2e%2e',
    '?digest=',
    'sha256:',
    '\r\n',
    'Range: bytes=9-\r\n',
    'HEAD ',
    'PUT ',
    'http://a@[',
    ':99999/',
    'Content-Length: 5\r\n',
  ],
  async read(input) {
    opened ??= open();
    const { port, push, pull } = await opened;
    const text = input.toString('latin1').replaceAll(pushHere, push).replaceAll(pullHere, pull);
    const answer = await say(port, Buffer.from(text, 'latin1'));
    mustHold(answer === '' || answer.startsWith('HTTP/1.1 '), 'an answer is HTTP');
    mustHold(!answer.startsWith('HTTP/1.1 5'), 'the registry does not fail');
  },
  async close() {
    await (await opened)?.close();
    opened = undefined;
  },
};

/** What is answered until the other end closes; this end says all, and then that it has nothing more to say. */
function say(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setEncoding('latin1').on('data', (part: string) => {
      answer += part;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(answer));
    socket.end(bytes);
  });
}
