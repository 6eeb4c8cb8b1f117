import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import type { LaneChoice } from '../engine/port.js';
import { P2pimgError } from '../error.js';
import type { SharingRule } from './sharing.js';

/** What a person may configure, in `config.json`; every key is optional there. */
export interface Configuration {
  /** The device's name among its peers. */
  readonly name: string;
  /** The port to listen on; `undefined` is the usual one, or any that is free. */
  readonly port: number | undefined;
  /** As `--engine`. */
  readonly engine: string | undefined;
  /** How images go in and out of Docker. */
  readonly lane: LaneChoice;
  /** As `--archives`. */
  readonly archives: string | undefined;
  /** Peers named by address, `host:port`. */
  readonly peers: readonly string[];
  /** Addresses or names of the interfaces to use; all where empty. */
  readonly interfaces: readonly string[];
  /** How many images are given at once. */
  readonly uploads: number;
  /** The largest image that is got, in bytes; any where absent. */
  readonly maxImageSize: number | undefined;
  /** Which images the team may have. */
  readonly sharing: readonly SharingRule[];
  /** Nothing is shared for now. */
  readonly paused: boolean;
  /** Bytes a second over all uploads; as many as there can be where absent. */
  readonly uploadLimit: number | undefined;
  /** The same over all downloads. */
  readonly downloadLimit: number | undefined;
  /** Where the metrics are on the loopback interface; nowhere where absent. */
  readonly metricsPort: number | undefined;
  /** What becomes of images that colleagues send: the owner is asked, they are taken, or refused. */
  readonly accept: 'ask' | 'team' | 'never';
  /** How archives that colleagues send into the folder of archives are compressed, where this machine can. */
  readonly archiveCompression: 'zstd' | 'gzip';
  /** With `team`: the owner is asked for what has more bytes. */
  readonly acceptSize: number;
  /** How long a transfer whose source is lost looks for another. */
  readonly patienceSeconds: number;
}

/** Less, and a frame would take so long that the other side thinks it is lost. */
const leastLimit = 100_000;
const pattern = { type: 'string', minLength: 1, maxLength: 256 } as const;

const schema = {
  name: { type: 'string', minLength: 1, maxLength: 60 },
  port: { type: 'integer', minimum: 1, maximum: 65_535 },
  engine: { type: 'string', minLength: 1 },
  lane: { type: 'string', enum: ['auto', 'loopback', 'save'] },
  archives: { type: 'string', minLength: 1 },
  peers: { type: 'array', items: { type: 'string' }, maxItems: 1000 },
  interfaces: { type: 'array', items: { type: 'string' }, maxItems: 100 },
  uploads: { type: 'integer', minimum: 1, maximum: 1000 },
  maxImageSize: { type: 'integer', minimum: 1 },
  sharing: {
    type: 'array',
    maxItems: 1000,
    items: {
      type: 'object',
      minProperties: 1,
      maxProperties: 1,
      additionalProperties: false,
      properties: { share: pattern, hide: pattern },
    },
  },
  paused: { type: 'boolean' },
  uploadLimit: { type: 'integer', minimum: leastLimit },
  downloadLimit: { type: 'integer', minimum: leastLimit },
  metricsPort: { type: 'integer', minimum: 1, maximum: 65_535 },
  accept: { type: 'string', enum: ['ask', 'team', 'never'] },
  archiveCompression: { type: 'string', enum: ['zstd', 'gzip'] },
  acceptSize: { type: 'integer', minimum: 0 },
  patienceSeconds: { type: 'number', minimum: 0, maximum: 86_400 },
} as const;

/** Reads the configuration; a file that is not right is reported with the place of the fault (`CONFIG_INVALID`) and left as it is. */
export async function readConfiguration(folder: string): Promise<Configuration> {
  const file = path.join(folder, 'config.json');
  const stored = existsSync(file) ? await readStored(folder, file) : {};
  return {
    name: stored.name ?? deviceName(),
    port: stored.port,
    engine: stored.engine,
    lane: stored.lane ?? 'auto',
    archives: stored.archives,
    peers: stored.peers ?? [],
    interfaces: stored.interfaces ?? [],
    uploads: stored.uploads ?? 4,
    maxImageSize: stored.maxImageSize,
    sharing: stored.sharing ?? [],
    paused: stored.paused ?? false,
    uploadLimit: stored.uploadLimit,
    downloadLimit: stored.downloadLimit,
    metricsPort: stored.metricsPort,
    accept: stored.accept ?? 'team',
    archiveCompression: stored.archiveCompression ?? 'zstd',
    acceptSize: stored.acceptSize ?? 20_000_000_000,
    patienceSeconds: stored.patienceSeconds ?? 120,
  };
}

/**
 * Changes the file (0600), as it stands there now, and gives the configuration as it is then. What is changed to
 * `undefined` is taken out. Throws `CONFIG_INVALID`, and then the file stays as it is.
 */
export async function changeConfiguration(
  folder: string,
  change: (now: Configuration) => Partial<Configuration>,
): Promise<Configuration> {
  const file = path.join(folder, 'config.json');
  const now = await readConfiguration(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    const conf = await open(folder);
    for (const [key, value] of Object.entries(change(now)))
      if (value === undefined) conf.delete(key as keyof Configuration);
      else conf.set(key, value);
  } catch (cause) {
    throw invalid(file, (cause as Error).message, cause);
  }
  return readConfiguration(folder);
}

async function readStored(folder: string, file: string): Promise<Partial<Configuration>> {
  const root = parse(file, readFileSync(file, 'utf8'));
  if (typeof root !== 'object' || root === null || Array.isArray(root))
    throw invalid(file, 'it holds no object, such as { "name": "ada" }');
  const unknown = Object.keys(root).find((key) => !Object.hasOwn(schema, key));
  if (unknown !== undefined)
    throw invalid(file, `nobody knows the key "${unknown}"; there are ${Object.keys(schema).join(', ')}`);
  try {
    return (await open(folder)).store;
  } catch (cause) {
    throw invalid(file, (cause as Error).message, cause);
  }
}

async function open(folder: string) {
  const { Conf } = await import('./conf.js'); // large, and most devices have no such file
  return new Conf<Partial<Configuration>>({
    projectName: 'p2pimg',
    cwd: folder,
    configName: 'config',
    configFileMode: 0o600,
    schema,
  });
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    const place = /\(line \d+ column \d+\)$/.test(message) ? '' : placeOf(faultOf(text, message), text);
    throw invalid(file, `${message}${place}`, cause);
  }
}

/** Where Node's JSON parser stopped. */
function faultOf(text: string, message: string): number {
  if (quotesFault.test(message)) return firstFault(text);
  return Number(/at position (\d+)/.exec(message)?.[1] ?? text.length);
}

/** How the parser puts a fault whose position it does not name. */
const quotesFault = /is not valid JSON$/;

/** The last character of the shortest beginning that the parser refuses for this; a shorter one merely ends too soon. */
function firstFault(text: string): number {
  let [sound, faulty] = [0, text.length];
  while (faulty - sound > 1) {
    const middle = Math.floor((sound + faulty) / 2);
    if (isFaulty(text.slice(0, middle))) faulty = middle;
    else sound = middle;
  }
  return faulty - 1;
}

function isFaulty(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return false;
  } catch (error) {
    return quotesFault.test((error as Error).message);
  }
}

function placeOf(position: number, text: string): string {
  const before = text.slice(0, position).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

function invalid(file: string, why: string, cause?: unknown): P2pimgError {
  return new P2pimgError('CONFIG_INVALID', `${file}: ${why}`, { file, why }, cause);
}

function deviceName(): string {
  return hostname().replace(/\..*$/, '').slice(0, 60) || 'unnamed';
}
