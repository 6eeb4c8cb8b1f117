import type { IncomingMessage } from 'node:http';
import { type Digest, digestOf, parseDigest } from '../../../image/digest.js';
import type { StoredManifest } from '../../../image/image.js';
import { parseManifest } from '../../../image/manifest.js';
import type { Platform } from '../../../image/platform.js';
import type { ApiInspection, DockerClient } from '../client.js';
import { readAnswer } from '../json-lines.js';
import { type Answer, type LoopbackRegistry, readText, refuse } from './registry.js';

/** What a push is for: which blobs it need not bring, and what becomes of those that it does. */
export interface PushTarget {
  /** Whether a blob is there already; the engine waits for the answer, and asks of several at once. */
  has(digest: Digest): boolean | Promise<boolean>;
  /** Takes a whole blob; the engine goes on when this resolves. */
  take(digest: Digest, size: number, content: IncomingMessage): Promise<void>;
}

/** An engine, and our registry on the loopback interface that both share. */
export interface Loopback {
  readonly client: DockerClient;
  readonly registry: LoopbackRegistry;
}

/** What is pushed: an image, and the one platform where it has several. */
export interface Pushed {
  readonly id: Digest;
  readonly platform: Platform | undefined;
}

/** How to push an image; not at all where it has no name: taking the temporary name away again would delete it. */
export function pushableOf(
  { Id, RepoTags, RepoDigests, Manifests }: ApiInspection,
  platform: Platform,
): Pushed | undefined {
  const names = (RepoTags?.length ?? 0) + (RepoDigests?.length ?? 0);
  if (names === 0) return undefined;
  const isIndex = Manifests?.some(({ Descriptor }) => Descriptor.digest !== Id) ?? false;
  return { id: Id, platform: isIndex ? platform : undefined };
}

/**
 * Lets an engine of the containerd store push an image to us over the loopback interface, and resolves to the manifests
 * (OCI distribution spec, "Push"). The temporary name is taken away in every case.
 */
export async function pushImage(
  { client, registry }: Loopback,
  { id, platform }: Pushed,
  target: PushTarget,
  signal: AbortSignal,
): Promise<readonly StoredManifest[]> {
  const manifests: StoredManifest[] = [];
  const repository = await registry.open(answerPush(target, manifests));
  const { name, tag } = repository;
  try {
    await client.tag(id, name, tag);
    try {
      await readAnswer(await client.push(name, tag, platform, signal), client.endpoint);
    } finally {
      await client.remove(`${name}:${tag}`);
    }
    return manifests;
  } finally {
    repository.close();
  }
}

const uploads = 'blobs/uploads/';

function answerPush(target: PushTarget, manifests: StoredManifest[]): Answer {
  return async (request, response, path, query) => {
    const { method } = request;
    if (method === 'HEAD' && path.startsWith('blobs/')) {
      refuse(response, (await target.has(parseDigest(path.slice('blobs/'.length)))) ? 200 : 404);
    } else if (method === 'POST' && path === uploads) {
      // Also to a "mount": what another repository here got, nobody kept.
      const { pathname } = new URL(request.url ?? '', 'http://loopback');
      response.writeHead(202, { Location: `${pathname}one`, 'Content-Length': '0' }).end();
    } else if (method === 'PUT' && path.startsWith(uploads)) {
      const digest = parseDigest(query.get('digest') ?? '');
      await target.take(digest, Number(request.headers['content-length']), request);
      response.writeHead(201, { 'Docker-Content-Digest': digest, 'Content-Length': '0' }).end();
    } else if (method === 'PUT' && path.startsWith('manifests/')) {
      const json = await readText(request);
      parseManifest(json);
      const digest = digestOf(json);
      manifests.push({ mediaType: request.headers['content-type'] ?? '', digest, json });
      response.writeHead(201, { 'Docker-Content-Digest': digest, 'Content-Length': '0' }).end();
    } else refuse(response, 404);
  };
}
