import { on } from 'node:events';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ArchivedImage } from '../../archive/survey.js';
import { asP2pimgError, P2pimgError } from '../../error.js';
import { ArchiveFile } from '../../file/archive-file.js';
import type { Compression } from '../../file/compression.js';
import type { BlobStream } from '../../image/blob.js';
import type { Digest } from '../../image/digest.js';
import type { ImageDescription, ListedImage } from '../../image/image.js';
import { localPlatform, type Platform, platformMatches, platformText } from '../../image/platform.js';
import { canonical } from '../../image/reference.js';
import { version } from '../../version.js';
import {
  type Engine,
  type EngineEvent,
  type EngineIdentity,
  type Holding,
  holdsNothing,
  type Lane,
} from '../port.js';
import { type FilePrint, type FileState, printOf, samePrint } from './file-state.js';
import { ArchiveFolder, notShared } from './folder.js';
import { Memory } from './memory.js';

type Shared = Extract<FileState, { type: 'shared' }>;

/** What of a folder is shared and what is not. */
export interface ArchivesReport {
  readonly folder: string;
  readonly shared: number;
  readonly unshared: readonly {
    readonly file: string;
    readonly type: 'unread' | 'broken' | 'unreadable';
    readonly reason: string;
  }[];
}

/** What costs least to read a blob from goes first. */
const byCost: readonly Compression[] = ['none', 'zstd', 'gzip', 'bzip2'];

/**
 * A folder of archives, as `docker save` writes them, as an engine that only gives. An image's ID is its config digest.
 * Imports and new names are `REFUSED`. Opening throws `CONFIG_INVALID` where there is no such folder.
 */
export class Archives implements Engine {
  readonly #folder: ArchiveFolder;
  readonly #closed = new AbortController();

  private constructor(folder: ArchiveFolder) {
    this.#folder = folder;
  }

  static async open(folder: string, stateFolder: string): Promise<Archives> {
    const whole = path.resolve(folder);
    return new Archives(await ArchiveFolder.open(whole, new Memory(stateFolder, whole)));
  }

  /** Calls a listener for each file that turns out not to hold, and at once for those that are known not to. */
  onTrouble(listener: (trouble: P2pimgError) => void): void {
    this.#folder.events.on('trouble', listener);
    for (const { file, reason, type } of this.report().unshared)
      if (type !== 'unread') listener(notShared(this.#folder.path, file, reason));
  }

  /** How many files are shared, and which are not, and why. */
  report(): ArchivesReport {
    const unshared = [...this.#folder.files].flatMap(([file, state]) =>
      state.type === 'shared' ? [] : [{ file, type: state.type, reason: state.reason }],
    );
    return { folder: this.#folder.path, shared: this.#shared().size, unshared };
  }

  /** The images in each file that is shared. */
  contents(): ReadonlyMap<string, readonly ArchivedImage[]> {
    return new Map([...this.#shared()].map(([file, { survey }]) => [file, survey.images]));
  }

  async identify(): Promise<EngineIdentity> {
    return {
      kind: 'archives',
      version,
      store: 'archives',
      address: `archives:${this.#folder.path}`,
      folder: this.#folder.path,
      platform: localPlatform(),
    };
  }

  async list(): Promise<ListedImage[]> {
    const byId = new Map<Digest, ArchivedImage[]>();
    for (const { survey } of this.#shared().values())
      for (const one of survey.images) byId.set(one.image.id, [...(byId.get(one.image.id) ?? []), one]);
    return [...byId.values()].flatMap((same) => {
      const image = same[0]?.image;
      if (image === undefined) return [];
      const references = new Map(
        same.flatMap((one) => one.references.map((name) => [canonical(name), name])),
      );
      return [
        {
          id: image.id,
          configDigest: image.configDigest,
          references: [...references.values()],
          platforms: [image.platform],
          size: image.size,
          created: image.created,
        },
      ];
    });
  }

  async describe(id: Digest, platform: Platform): Promise<ImageDescription> {
    const [image] = this.#cheapest()
      .flatMap(([, { survey }]) => survey.images)
      .map((one) => one.image)
      .filter((one) => one.id === id);
    if (image === undefined)
      throw new P2pimgError('IMAGE_UNKNOWN', 'no archive here holds it', { image: id });
    if (!platformMatches(image.platform, platform))
      throw new P2pimgError('OTHER_PLATFORM', 'the image is here for another platform', {
        image: id,
        platform: platformText(platform),
        offered: [platformText(image.platform)],
      });
    return image;
  }

  async hold(): Promise<Holding> {
    return holdsNothing;
  }

  async *export(
    image: ImageDescription,
    wanted: ReadonlySet<Digest>,
    signal: AbortSignal,
  ): AsyncGenerator<BlobStream> {
    const until = AbortSignal.any([signal, this.#closed.signal]);
    const [found] = this.#cheapest().filter(([, { survey }]) =>
      [...wanted].every((digest) => survey.blobs.has(digest)),
    );
    if (found === undefined)
      throw new P2pimgError('IMAGE_UNKNOWN', 'no archive here holds all of it', { image: image.id });
    const [name, { print, survey }] = found;
    const file = path.join(this.#folder.path, name);
    yield* this.#trusted(
      name,
      image,
      givenFrom(file, print, (archive) => archive.blobs(survey, wanted, until)),
    );
  }

  async lane(): Promise<Lane> {
    return { name: 'save', why: 'an archive is read from its start' };
  }

  async reader(): Promise<undefined> {
    return undefined;
  }

  async puller(): Promise<undefined> {
    return undefined;
  }

  async import(): Promise<Digest> {
    throw readOnly();
  }

  async tag(): Promise<Digest | undefined> {
    throw readOnly();
  }

  async *events(signal: AbortSignal): AsyncGenerator<EngineEvent> {
    const until = AbortSignal.any([signal, this.#closed.signal]);
    try {
      for await (const [event] of on(this.#folder.events, 'engine', { signal: until }))
        yield event as EngineEvent;
    } catch (error) {
      if (!until.aborted) throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed.abort(new P2pimgError('INTERRUPTED', 'the folder of archives was closed'));
    await this.#folder.close();
  }

  /** The same blobs; where their file fails, it is read anew, and is no source for this image any more. */
  async *#trusted(
    name: string,
    image: ImageDescription,
    blobs: AsyncIterable<BlobStream>,
  ): AsyncGenerator<BlobStream> {
    const folder = this.#folder;
    async function* guarded<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
      try {
        yield* items;
      } catch (error) {
        const { code, message } = asP2pimgError(error);
        if (code === 'INTERRUPTED') throw error;
        folder.doubt(name);
        throw new P2pimgError('IMAGE_UNKNOWN', `${name}: ${message}`, { image: image.id }, error);
      }
    }
    for await (const blob of guarded(blobs)) yield { ...blob, content: guarded(blob.content) };
  }

  #shared(): Map<string, Shared> {
    return new Map(
      [...this.#folder.files].filter((entry): entry is [string, Shared] => entry[1].type === 'shared'),
    );
  }

  #cheapest(): [name: string, state: Shared][] {
    const cost = ({ compression }: Shared) => byCost.indexOf(compression);
    return [...this.#shared()].toSorted(([, a], [, b]) => cost(a) - cost(b));
  }
}

/** Opens a file for as long as its blobs are read, if it is still the same. */
async function* givenFrom(
  file: string,
  print: FilePrint,
  read: (archive: ArchiveFile) => AsyncIterable<BlobStream>,
): AsyncGenerator<BlobStream> {
  const archive = await ArchiveFile.open(file);
  try {
    if (!samePrint(printOf(await stat(file)), print)) throw new Error('it is another file by now');
    yield* read(archive);
  } finally {
    await archive.close();
  }
}

function readOnly(): P2pimgError {
  return new P2pimgError('REFUSED', 'a folder of archives is only read', { by: 'this device' });
}
