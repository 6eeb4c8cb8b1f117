import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import Conf from 'conf';
import { P2pimgError } from '../error.js';

/** What a person may configure, in `config.json`; every key is optional there. */
export interface Configuration {
  /** The device's name among its peers. */
  readonly name: string;
  /** The port to listen on; `undefined` is the usual one, or any that is free. */
  readonly port: number | undefined;
  /** As `--engine`. */
  readonly engine: string | undefined;
  /** Peers named by address, `host:port`. */
  readonly peers: readonly string[];
  /** Addresses or names of the interfaces to use; all where empty. */
  readonly interfaces: readonly string[];
  /** How many images are given at once. */
  readonly uploads: number;
  /** How long a transfer whose source is lost looks for another. */
  readonly patienceSeconds: number;
}

const schema = {
  name: { type: 'string', minLength: 1, maxLength: 60 },
  port: { type: 'integer', minimum: 1, maximum: 65_535 },
  engine: { type: 'string', minLength: 1 },
  peers: { type: 'array', items: { type: 'string' }, maxItems: 1000 },
  interfaces: { type: 'array', items: { type: 'string' }, maxItems: 100 },
  uploads: { type: 'integer', minimum: 1, maximum: 1000 },
  patienceSeconds: { type: 'number', minimum: 0, maximum: 86_400 },
} as const;

/** Reads the configuration; a file that is not right is reported with the place of the fault (`CONFIG_INVALID`) and left as it is. */
export function readConfiguration(folder: string): Configuration {
  const file = path.join(folder, 'config.json');
  const stored = existsSync(file) ? readStored(folder, file) : {};
  return {
    name: stored.name ?? deviceName(),
    port: stored.port,
    engine: stored.engine,
    peers: stored.peers ?? [],
    interfaces: stored.interfaces ?? [],
    uploads: stored.uploads ?? 4,
    patienceSeconds: stored.patienceSeconds ?? 120,
  };
}

function readStored(folder: string, file: string): Partial<Configuration> {
  const text = readFileSync(file, 'utf8');
  try {
    JSON.parse(text);
  } catch (cause) {
    throw invalid(file, `${(cause as Error).message}${placeOf(text, (cause as Error).message)}`, cause);
  }
  try {
    return new Conf<Partial<Configuration>>({
      projectName: 'p2pimg',
      cwd: folder,
      configName: 'config',
      configFileMode: 0o600,
      schema,
      rootSchema: { additionalProperties: false },
    }).store;
  } catch (cause) {
    throw invalid(file, (cause as Error).message, cause);
  }
}

/** Line and column of the position that Node's JSON parser names. */
function placeOf(text: string, message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined || message.includes('line ')) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

function invalid(file: string, why: string, cause: unknown): P2pimgError {
  return new P2pimgError('CONFIG_INVALID', `${file}: ${why}`, { file, why }, cause);
}

function deviceName(): string {
  return hostname().replace(/\..*$/, '').slice(0, 60) || 'unnamed';
}
