import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Digest, digestOf, parseDigest } from '../../../image/digest.js';
import type { StoredManifest } from '../../../image/image.js';
import { parseManifest } from '../../../image/manifest.js';
import type { Platform } from '../../../image/platform.js';
import type { ApiInspection, DockerClient } from '../client.js';
import { readAnswer } from '../json-lines.js';
import { removeTemporary, useTemporary } from '../temporary.js';
import { type Answer, type LoopbackRegistry, readText, refuse } from './registry.js';

/** What a push is for: which blobs it need not bring, and what becomes of those that it does. */
export interface PushTarget {
  /** Whether a blob is there already; the engine waits for the answer, and asks of several at once. */
  has(digest: Digest): boolean | Promise<boolean>;
  /** Takes a whole blob; the engine goes on when this resolves. */
  take(blob: PushedBlob): Promise<void>;
}

/** One blob as an engine brings it. The classic store compresses it on the way: then digest and size are known last. */
export interface PushedBlob {
  readonly digest: Digest | undefined;
  readonly size: number | undefined;
  /** Throws where the engine breaks off. */
  readonly content: AsyncIterable<Buffer>;
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
 * Lets an engine push an image to us over the loopback interface, and resolves to the manifests (OCI distribution spec,
 * "Push"). The temporary name is taken away in every case.
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
    useTemporary(`${name}:${tag}`);
    await client.tag(id, name, tag);
    try {
      await readAnswer(await client.push(name, tag, platform, signal), client.endpoint);
    } finally {
      await removeTemporary(client, `${name}:${tag}`);
    }
    return manifests;
  } finally {
    repository.close();
  }
}

const uploads = 'blobs/uploads/';

function answerPush(target: PushTarget, manifests: StoredManifest[]): Answer {
  /** What came, or is said to be there: the classic store asks again after it has brought it. */
  const there = new Set<Digest>();
  const has = async (digest: Digest) => there.has(digest) || (await target.has(digest));
  const answer = (response: ServerResponse, status: number, headers: Record<string, string>): void => {
    response.writeHead(status, { ...headers, 'Content-Length': '0' }).end();
  };

  return async (request, response, path, query) => {
    const { pathname } = new URL(request.url ?? '', 'http://loopback');
    const isUpload = path.startsWith(uploads);
    switch (request.method) {
      case 'HEAD': {
        const isThere = path.startsWith('blobs/') && (await has(parseDigest(path.slice('blobs/'.length))));
        if (!isThere) return refuse(response, 404);
        // The classic store writes this size into a manifest that nobody needs; but it must have one.
        response.writeHead(200, { 'Content-Length': '1' }).end();
        return;
      }
      case 'POST': {
        // Whether another repository here has it ("mount") is the same question.
        const mounted = query.get('mount');
        if (mounted !== null && (await has(parseDigest(mounted))))
          return answer(response, 201, { Location: pathname, 'Docker-Content-Digest': mounted });
        return answer(response, isUpload ? 202 : 404, { Location: `${pathname}one`, Range: '0-0' });
      }
      case 'PATCH': {
        if (!isUpload) return refuse(response, 404);
        const counted = new Counted(request);
        await target.take({ digest: undefined, size: undefined, content: counted });
        return answer(response, 202, { Location: pathname, Range: `0-${counted.size - 1}` });
      }
      case 'PUT': {
        if (isUpload) {
          const digest = parseDigest(query.get('digest') ?? '');
          const size = Number(request.headers['content-length']);
          if (size > 0) await target.take({ digest, size, content: request });
          there.add(digest);
          return answer(response, 201, { Location: pathname, 'Docker-Content-Digest': digest });
        }
        const manifest = await readManifest(request);
        manifests.push(manifest);
        return answer(response, 201, { Location: pathname, 'Docker-Content-Digest': manifest.digest });
      }
      default:
        return refuse(response, 404);
    }
  };
}

/** An upload's bytes, and how many there were so far. */
class Counted implements AsyncIterable<Buffer> {
  size = 0;
  readonly #content: AsyncIterable<Buffer>;

  constructor(content: AsyncIterable<Buffer>) {
    this.#content = content;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for await (const chunk of this.#content) {
      this.size += chunk.length;
      yield chunk;
    }
  }
}

async function readManifest(request: IncomingMessage): Promise<StoredManifest> {
  const json = await readText(request);
  parseManifest(json);
  return { mediaType: request.headers['content-type'] ?? '', digest: digestOf(json), json };
}
