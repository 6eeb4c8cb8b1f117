import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { P2pimgError } from '../error.js';
import { machineEndpoint } from './machine.js';
import { readTls, type TlsFiles } from './tls-files.js';

/** Where an engine answers, and, for `tcp://` with TLS, the PEM files to do it with. */
export interface Endpoint {
  readonly address: string;
  /** What named it, for people: `--engine`, `DOCKER_HOST`, `context colima`, `well-known socket`. */
  readonly namedBy: string;
  readonly tls?: TlsFiles | undefined;
}

/** Which engine to use: one that answers at an address, an OCI layout in a folder, or the embedded store. */
export type FoundEngine =
  | { readonly type: 'engine'; readonly endpoint: Endpoint }
  | { readonly type: 'layout'; readonly folder: string }
  /** `none`: the machine has no engine at all. */
  | { readonly type: 'store'; readonly reason: 'chosen' | 'none' };

type Environment = Readonly<Record<string, string | undefined>>;

/** Only the places that the search looks at, so that a test can lay them out. */
export interface Places {
  readonly environment: Environment;
  readonly home: string;
  readonly exists: (file: string) => boolean;
}

const here = (): Places => ({ environment: process.env, home: homedir(), exists: existsSync });

/**
 * Finds the engine: what was named (`--engine`, `P2PIMG_ENGINE`, or the configuration), then `DOCKER_HOST`,
 * `DOCKER_CONTEXT`, the current context with its TLS, then the first well-known socket that there is; with none of these,
 * the embedded store. Whether it answers is not tried. Throws `CONFIG_INVALID` for what cannot be read.
 */
export function findEngine(
  named: string | undefined,
  places: Places = here(),
  configured: string | undefined = undefined,
): FoundEngine {
  const { environment, home } = places;
  const choices = [
    { address: named, namedBy: '--engine' },
    { address: nonEmpty(environment.P2PIMG_ENGINE), namedBy: 'P2PIMG_ENGINE' },
    { address: configured, namedBy: 'the configuration' },
  ];
  for (const { address, namedBy } of choices) {
    if (address === 'store') return { type: 'store', reason: 'chosen' };
    if (address !== undefined) return engineAt(address, namedBy, environment, home);
  }
  const dockerHost = nonEmpty(environment.DOCKER_HOST);
  if (dockerHost !== undefined) return engineAt(dockerHost, 'DOCKER_HOST', environment, home);

  const context = nonEmpty(environment.DOCKER_CONTEXT) ?? currentContext(environment, home);
  if (context !== undefined && context !== 'default')
    return { type: 'engine', endpoint: contextEndpoint(context, environment, home) };

  const socket = wellKnownSockets(environment, home).find(places.exists);
  if (socket === undefined) return { type: 'store', reason: 'none' };
  return { type: 'engine', endpoint: { address: socketAddress(socket), namedBy: 'well-known socket' } };
}

function engineAt(named: string, namedBy: string, environment: Environment, home: string): FoundEngine {
  const address = named.startsWith('/') ? `unix://${named}` : named;
  const machine = /^machine:(.*)$/.exec(address)?.[1];
  if (machine !== undefined) return { type: 'engine', endpoint: machineEndpoint(machine, environment, home) };
  const folder = /^layout:(.+)$/.exec(address)?.[1];
  if (folder !== undefined) return { type: 'layout', folder: path.resolve(folder) };
  if (/^[\w.-]+$/.test(address))
    return { type: 'engine', endpoint: contextEndpoint(address, environment, home) };
  if (!/^(unix|npipe|tcp|http|https|ssh):\/\/./.test(address))
    throw new P2pimgError('CONFIG_INVALID', `not an engine address: ${address}`, {
      file: namedBy,
      why: 'an engine is unix://…, tcp://…, npipe://…, ssh://…, machine:…, layout:…, the name of a Docker context, or store',
    });
  const certificates = nonEmpty(environment.DOCKER_CERT_PATH);
  const wantsTls = nonEmpty(environment.DOCKER_TLS_VERIFY) !== undefined || address.startsWith('https://');
  if (!wantsTls || !/^(tcp|https):/.test(address)) return { type: 'engine', endpoint: { address, namedBy } };
  return {
    type: 'engine',
    endpoint: { address, namedBy, tls: readTls(certificates ?? path.join(home, '.docker')) },
  };
}

const dockerFolder = (environment: Environment, home: string): string =>
  nonEmpty(environment.DOCKER_CONFIG) ?? path.join(home, '.docker');

function currentContext(environment: Environment, home: string): string | undefined {
  const file = path.join(dockerFolder(environment, home), 'config.json');
  if (!existsSync(file)) return undefined;
  const { currentContext: context } = readJson(file) as { currentContext?: unknown };
  return typeof context === 'string' && context !== '' ? context : undefined;
}

function contextEndpoint(name: string, environment: Environment, home: string): Endpoint {
  const id = createHash('sha256').update(name).digest('hex');
  const contexts = path.join(dockerFolder(environment, home), 'contexts');
  const file = path.join(contexts, 'meta', id, 'meta.json');
  if (!existsSync(file))
    throw new P2pimgError('CONFIG_INVALID', `there is no Docker context ${name}`, {
      file,
      why: `there is no Docker context named ${name}`,
    });
  const meta = readJson(file) as { Endpoints?: { docker?: { Host?: unknown } } };
  const address = meta.Endpoints?.docker?.Host;
  if (typeof address !== 'string' || address === '')
    throw new P2pimgError('CONFIG_INVALID', `the Docker context ${name} has no docker endpoint`, {
      file,
      why: 'it has no docker endpoint',
    });
  const tlsFolder = path.join(contexts, 'tls', id, 'docker');
  const tls = existsSync(tlsFolder) ? readTls(tlsFolder) : undefined;
  return { address, namedBy: `context ${name}`, tls };
}

function readJson(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new P2pimgError(
      'CONFIG_INVALID',
      `${file} is not JSON`,
      { file, why: (cause as Error).message },
      cause,
    );
  }
  throw new P2pimgError('CONFIG_INVALID', `${file} is not a JSON object`, { file, why: 'not a JSON object' });
}

/** The sockets of Docker Engine, rootless Docker, Docker Desktop, Colima, Rancher Desktop, OrbStack and Podman. */
export function wellKnownSockets(environment: Environment, home: string): string[] {
  if (process.platform === 'win32') return ['//./pipe/docker_engine', '//./pipe/podman-machine-default'];
  const runtime = nonEmpty(environment.XDG_RUNTIME_DIR);
  return [
    '/var/run/docker.sock',
    ...(runtime === undefined ? [] : [path.join(runtime, 'docker.sock')]),
    path.join(home, '.docker/run/docker.sock'),
    path.join(home, '.docker/desktop/docker.sock'),
    path.join(home, '.colima/default/docker.sock'),
    path.join(home, '.rd/docker.sock'),
    path.join(home, '.orbstack/run/docker.sock'),
    ...(runtime === undefined ? [] : [path.join(runtime, 'podman/podman.sock')]),
    '/run/podman/podman.sock',
  ];
}

function socketAddress(socket: string): string {
  return process.platform === 'win32' ? `npipe://${socket}` : `unix://${socket}`;
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
