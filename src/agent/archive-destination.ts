import path from 'node:path';
import { writeImages } from '../archive/write-images.js';
import type { Archives } from '../engine/archives/archives.js';
import { type Holding, holdsNothing } from '../engine/port.js';
import { P2pimgError } from '../error.js';
import { ArchiveFile } from '../file/archive-file.js';
import { writeBeside } from '../file/beside.js';
import { canPack, packed } from '../file/pack.js';
import type { BlobStream } from '../image/blob.js';
import type { Digest } from '../image/digest.js';
import type { ImageDescription } from '../image/image.js';
import { canonical, type Reference } from '../image/reference.js';
import type { Importer } from '../transfer/receive.js';
import { archiveName } from './archive-name.js';

/** What an owner prefers for archives that are sent. */
export type ArchiveCompression = 'zstd' | 'gzip';

/** A folder of archives to which one image is taken: as a file of its own, whole and proved, or not at all. */
export class ArchiveDestination implements Importer {
  readonly #archives: Archives;
  readonly #reference: Reference | undefined;
  readonly #compression: ArchiveCompression;
  readonly #claimed: Set<string>;
  #file: string | undefined;

  /** `claimed` are the names of those that are being written. */
  constructor(
    archives: Archives,
    reference: Reference | undefined,
    preferred: ArchiveCompression,
    claimed: Set<string>,
  ) {
    this.#archives = archives;
    this.#reference = reference;
    this.#compression = canPack(preferred) ? preferred : 'gzip';
    this.#claimed = claimed;
  }

  /** The name of the file, once it is there. */
  get file(): string | undefined {
    return this.#file;
  }

  /** The file that holds this image under this name already. */
  here(configDigest: Digest): string | undefined {
    const wanted = this.#reference && canonical(this.#reference);
    return [...this.#archives.contents()].find(([, images]) =>
      images.some(
        (one) =>
          one.image.configDigest === configDigest &&
          (wanted === undefined || one.references.some((name) => canonical(name) === wanted)),
      ),
    )?.[0];
  }

  async hold(): Promise<Holding> {
    return holdsNothing;
  }

  async puller(): Promise<undefined> {
    return undefined;
  }

  async import(
    image: ImageDescription,
    _held: Holding['layers'],
    blobs: AsyncIterable<BlobStream>,
    signal: AbortSignal,
  ): Promise<Digest> {
    const { folder } = this.#archives.report();
    const name = await this.#claim(folder, image.configDigest);
    const references = this.#reference === undefined ? [] : [this.#reference];
    try {
      const bytes = packed(
        writeImages([{ image, references }], () => blobs),
        this.#compression,
      );
      await writeBeside(path.join(folder, name), bytes, signal, (file) => prove(file, image, signal));
      this.#file = name;
      return image.configDigest;
    } finally {
      this.#claimed.delete(name);
    }
  }

  /** It has its name in the archive. */
  async tag(): Promise<undefined> {
    return undefined;
  }

  async #claim(folder: string, configDigest: Digest): Promise<string> {
    const contents = new Map(
      [...this.#archives.contents()].map(([file, images]) => [file, images.map(({ image }) => image)]),
    );
    const ending = this.#compression === 'zstd' ? '.tar.zst' : '.tar.gz';
    const wanted = { reference: this.#reference, configDigest };
    const name = await archiveName(folder, wanted, ending, contents, this.#claimed);
    this.#claimed.add(name);
    return name;
  }
}

/** Reads what was written once more: it holds the image, and nothing in it is damaged. */
async function prove(file: string, { configDigest }: ImageDescription, signal: AbortSignal): Promise<void> {
  const archive = await ArchiveFile.open(file);
  try {
    const { images } = await archive.survey(signal);
    if (images.some(({ image }) => image.configDigest === configDigest)) return;
    throw new P2pimgError('IMPORT_UNPROVED', 'the archive does not hold the image', { wanted: configDigest });
  } finally {
    await archive.close();
  }
}
