import type { Readable } from 'node:stream';
import Dockerode from 'dockerode';
import { P2pimgError } from '../../error.js';
import type { Digest } from '../../image/digest.js';
import type { Platform } from '../../image/platform.js';
import type { Endpoint } from '../find.js';
import { engineError } from './failure.js';

/** What `GET /images/json` says of an image, as far as it is read here. */
export interface ApiImage {
  readonly Id: Digest;
  readonly RepoTags: readonly string[] | null;
  readonly Created: number;
  readonly Size: number;
  /** With `manifests=1`, API 1.47 and later. */
  readonly Manifests?: readonly ApiManifest[] | null;
}

/** One manifest of an image in the containerd store (API 1.47, `ImageManifestSummary`). */
export interface ApiManifest {
  readonly Descriptor: { readonly mediaType: string; readonly digest: Digest; readonly size: number };
  readonly Available: boolean;
  readonly Kind: 'image' | 'attestation' | 'unknown';
  readonly Size: { readonly Content: number; readonly Total: number };
  readonly ImageData?: { readonly Platform: Platform } | null;
}

/** What `GET /images/{id}/json` says. */
export interface ApiInspection {
  readonly Id: Digest;
  readonly Created?: string;
  readonly Os: string;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Size: number;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  /** With `manifests`, API 1.48 and later, containerd store only. */
  readonly Manifests?: readonly ApiManifest[] | null;
  readonly RootFS: { readonly Layers?: readonly Digest[] };
}

/** What `GET /info` says. */
export interface ApiInfo {
  readonly DriverStatus?: readonly (readonly [string, string])[] | null;
  readonly OSType?: string;
  readonly Architecture?: string;
  readonly OperatingSystem?: string;
  readonly DockerRootDir?: string;
  /** API 1.46 and later. */
  readonly Containerd?: { readonly Address?: string } | null;
}

interface ApiVersion {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly Components?: readonly { readonly Name: string }[] | null;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable;
  readonly signal?: AbortSignal | undefined;
}

/** The calls of the Docker Engine API that this project makes, over dockerode's connection; failures are `P2pimgError`s. */
export class DockerClient {
  readonly endpoint: Endpoint;
  readonly #docker: Dockerode;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
    this.#docker = new Dockerode(connectionOptions(endpoint));
  }

  info = (): Promise<ApiInfo> => this.#json({ method: 'GET', path: '/info' });
  version = (): Promise<ApiVersion> => this.#json({ method: 'GET', path: '/version' });

  images = (how: 'plain' | 'manifests'): Promise<ApiImage[]> =>
    this.#json({ method: 'GET', path: '/images/json', query: how === 'manifests' ? { manifests: '1' } : {} });

  inspect = (id: string, of: 'image' | 'manifests' | Platform = 'image'): Promise<ApiInspection> =>
    this.#json({
      method: 'GET',
      path: `/images/${encodeURI(id)}/json`,
      query: of === 'image' ? {} : of === 'manifests' ? { manifests: '1' } : { platform: JSON.stringify(of) },
    });

  /** `repository` is familiar, and `tag` a tag. */
  tag = async (id: string, repository: string, tag: string): Promise<void> => {
    await this.#json({
      method: 'POST',
      path: `/images/${encodeURI(id)}/tag`,
      query: { repo: repository, tag },
    });
  };

  /** Takes a name away, or an image that has none; what others use stays. */
  remove = async (name: string): Promise<void> => {
    await this.#json({ method: 'DELETE', path: `/images/${encodeURI(name)}`, query: { noprune: '1' } });
  };

  /** The tar of `docker save`. Destroying it stops the engine. */
  save = (id: string, signal: AbortSignal): Promise<Readable> =>
    this.#stream({ method: 'GET', path: '/images/get', query: { names: id }, signal });

  /** Sends a tar to `docker load`; resolves to the engine's JSON lines as soon as it begins to answer. */
  load = (archive: Readable, signal: AbortSignal): Promise<Readable> =>
    this.#stream({ method: 'POST', path: '/images/load', query: { quiet: '1' }, body: archive, signal });

  /** `docker push`; resolves to the engine's JSON lines. */
  push = (
    name: string,
    tag: string,
    platform: Platform | undefined,
    signal: AbortSignal,
  ): Promise<Readable> =>
    this.#stream({
      method: 'POST',
      path: `/images/${encodeURI(name)}/push`,
      query: { tag, ...(platform && { platform: JSON.stringify(platform) }) },
      headers: { 'X-Registry-Auth': Buffer.from('{}').toString('base64url') },
      signal,
    });

  /** `docker pull`, without credentials; `tag` is a tag or a digest. Resolves to the engine's JSON lines. */
  pull = (repository: string, tag: string, signal: AbortSignal, platform?: string): Promise<Readable> =>
    this.#stream({
      method: 'POST',
      path: '/images/create',
      query: { fromImage: repository, tag, ...(platform !== undefined && { platform }) },
      signal,
    });

  /** The engine's events about images, a JSON line each. */
  events = (signal: AbortSignal): Promise<Readable> =>
    this.#stream({ method: 'GET', path: '/events', query: { filters: '{"type":["image"]}' }, signal });

  #stream(call: Call): Promise<Readable> {
    return this.#dial(call, true) as Promise<Readable>;
  }

  #json<T>(call: Call): Promise<T> {
    return this.#dial(call, false) as Promise<T>;
  }

  #dial({ method, path, query = {}, headers, body, signal }: Call, isStream: boolean): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#docker.modem.dial(
        {
          method,
          path: `${path}?`, // the question mark asks docker-modem to add the query
          options: { _query: query, _body: {} },
          isStream,
          statusCodes: { 200: true, 201: true, 204: true },
          ...(headers && { headers }),
          ...(body && { file: body }),
          ...(signal && { abortSignal: signal }),
        },
        (error: unknown, answer: unknown) => {
          if (error) reject(engineError(error, this.endpoint));
          else resolve(answer);
        },
      );
    });
  }
}

function connectionOptions({ address, tls }: Endpoint): Dockerode.DockerOptions {
  const url = /^(unix|npipe|ssh|tcp|http|https):\/\/(.*)$/.exec(address);
  if (url === null)
    throw new P2pimgError('ENGINE_UNREACHABLE', `not an engine address: ${address}`, { address });
  const [, scheme, rest = ''] = url;
  switch (scheme) {
    case 'unix':
    case 'npipe':
      return { socketPath: rest };
    case 'ssh': {
      const { hostname, port, username } = new URL(address);
      return {
        protocol: 'ssh',
        host: hostname,
        port: port === '' ? 22 : Number(port),
        username: decodeURIComponent(username),
        ...(process.env.SSH_AUTH_SOCK && { sshOptions: { agent: process.env.SSH_AUTH_SOCK } }),
      };
    }
    default: {
      const secure = tls !== undefined || scheme === 'https';
      const { hostname, port } = new URL(`http://${rest}`);
      return {
        protocol: secure ? 'https' : 'http',
        host: hostname,
        port: port === '' ? (secure ? 2376 : 2375) : Number(port),
        ...tls,
      };
    }
  }
}
