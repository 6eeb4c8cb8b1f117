import { Readable } from 'node:stream';
import type { Digest } from '../../src/image/digest.js';
import type { ImageDescription, ListedImage } from '../../src/image/image.js';
import type { Message } from '../../src/wire/message.js';
import { buildImage, type Image } from '../fixtures/image.js';
import { digestOf } from '../fixtures/layer.js';
import { file } from '../fixtures/tar.js';
import { describe, stored } from './truth.js';

/** What a source puts on the wire: a message, or a frame of the blob that it announced last. */
export type Outgoing =
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'frame'; readonly blob: string; readonly frame: Buffer };

/** An image that is lied about, and another that plays its part in the lie. */
export interface Subject {
  readonly image: Image;
  readonly other: Image;
}

/** One way to lie: what of the truth it changes, and what a receiver must say to it. */
export interface Lie {
  readonly codes: readonly string[];
  readonly says?: (out: Outgoing, subject: Subject) => readonly Outgoing[];
  readonly lists?: (listed: ListedImage, subject: Subject) => ListedImage;
  readonly offers?: (truth: ImageDescription, subject: Subject) => ImageDescription;
}

const layerOf = ({ layers }: Image, index: number): string => layers[index]?.blob.digest ?? '';

/** Changes the frames of one blob, and what is said before and after them. */
function inBlob(
  digestIn: (image: Image) => string,
  change: (out: Outgoing, subject: Subject) => readonly Outgoing[],
): NonNullable<Lie['says']> {
  return (out, subject) => {
    const about = out.type === 'frame' ? out.blob : 'digest' in out.message ? out.message.digest : undefined;
    return about === digestIn(subject.image) ? change(out, subject) : [out];
  };
}

/** The last byte of a frame is another; frames are `0` and the bytes as they are. */
function flipped(out: Outgoing): readonly Outgoing[] {
  if (out.type !== 'frame') return [out];
  const frame = Buffer.from(out.frame);
  const last = frame.length - 1;
  frame.writeUInt8(frame.readUInt8(last) ^ 1, last);
  return [{ ...out, frame }];
}

/** The other image's bytes, announced with their size under the first image's digest. */
function otherConfig(out: Outgoing, { other }: Subject): readonly Outgoing[] {
  if (out.type === 'frame') return [{ ...out, frame: Buffer.concat([Buffer.of(0), other.config.bytes]) }];
  const { message } = out;
  if (message.type !== 'blob' && message.type !== 'blobEnd') return [out];
  return [{ type: 'message', message: { ...message, size: other.config.bytes.length } }];
}

const isLayerEnd = (out: Outgoing): boolean => out.type === 'message' && out.message.type === 'blobEnd';

/** Every lie, by its name. */
export const lies = {
  'a flipped byte in a layer': {
    codes: ['DIGEST_MISMATCH'],
    says: inBlob((image) => layerOf(image, 0), flipped),
  },
  'a flipped byte in the config': {
    codes: ['DIGEST_MISMATCH'],
    says: inBlob((image) => image.config.digest, flipped),
  },
  'another valid config': {
    codes: ['DIGEST_MISMATCH'],
    says: inBlob((image) => image.config.digest, otherConfig),
  },
  'a missing blob': {
    codes: ['BLOB_MISSING'],
    says: inBlob(
      (image) => layerOf(image, 1),
      () => [],
    ),
  },
  'a longer blob': {
    codes: ['SIZE_MISMATCH'],
    says: inBlob(
      (image) => layerOf(image, 1),
      (out, { image }) =>
        isLayerEnd(out)
          ? [{ type: 'frame', blob: layerOf(image, 1), frame: Buffer.from('\0more') }, out]
          : [out],
    ),
  },
  'a shorter blob': {
    codes: ['SIZE_MISMATCH'],
    says: inBlob(
      (image) => layerOf(image, 1),
      (out) => (out.type === 'frame' ? [{ ...out, frame: out.frame.subarray(0, -1) }] : [out]),
    ),
  },
  'a blob that nobody asked for': {
    codes: ['BLOB_UNWANTED'],
    says: (out, { other }) =>
      out.type === 'message' && out.message.type === 'blob'
        ? [{ type: 'message', message: { ...out.message, digest: other.config.digest as Digest } }]
        : [out],
  },
  'a layer that unpacks to something else': { codes: ['IMPORT_UNPROVED', 'DIGEST_MISMATCH'] },
  "another image's manifest": {
    codes: ['PROTOCOL_VIOLATION'],
    offers: (truth, { other }) => ({ ...truth, manifest: stored(other) }),
  },
  'a manifest that is not what its digest says': {
    codes: ['DIGEST_MISMATCH'],
    offers: (truth) => ({
      ...truth,
      ...(truth.manifest && { manifest: { ...truth.manifest, json: `${truth.manifest.json} ` } }),
    }),
  },
  'another image than the one in its catalogue': {
    codes: ['DIGEST_MISMATCH'],
    offers: (truth, { other }) => ({ ...describe(other), id: truth.id }),
  },
  'another image, with its own ID, for an ID that was asked for': {
    codes: ['DIGEST_MISMATCH'],
    lists: ({ configDigest: _, ...listed }) => listed,
    offers: (_, { other }) => describe(other),
  },
  'another image under the very ID that was asked for': {
    codes: ['DIGEST_MISMATCH', 'REFUSED'],
    lists: ({ configDigest: _, ...listed }) => listed,
    offers: (truth, { other }) => ({ ...describe(other), id: truth.id }),
  },
} as const satisfies Record<string, Lie>;

export type LieName = keyof typeof lies;

/** Every lie's name. */
export const lieNames = Object.keys(lies) as LieName[];

/** The name of the image that a lie is told about. */
export function nameOf(lie: LieName): string {
  return `lies/${lie.toLowerCase().replaceAll(/[^a-z]+/g, '-')}:1`;
}

/** The images of a lie, the same in every process. `honest` is what the first one really is. */
export async function subjectOf(lie: LieName): Promise<Subject & { readonly honest: Image }> {
  const layers = [
    { entries: [file('bin/app', { random: 300_000 })] },
    { entries: [file('etc/app', { random: 3_000_000 })], compression: 'none' as const },
  ];
  const honest = await buildImage({ layers, seed: lie });
  const other = await buildImage({ layers, seed: lie, env: ['PATH=/other', `LIE=${lie}`] });
  return {
    honest,
    other,
    image: lie === 'a layer that unpacks to something else' ? disguised(honest) : honest,
  };
}

/** An image whose config says of the first layer's blob that it unpacks to something else; all else agrees with that. */
function disguised(image: Image): Image {
  const diffIds = [digestOf('something else'), ...image.diffIds.slice(1)];
  const text = image.config.bytes.toString().replaceAll(image.diffIds[0] ?? '', diffIds[0] ?? '');
  const config = memoryBlob(image, 'config', text);
  const manifest = memoryBlob(
    image,
    'manifest',
    image.manifest.bytes.toString().replaceAll(image.config.digest, config.digest),
  );
  return { ...image, diffIds, config, manifest };
}

function memoryBlob(image: Image, which: 'config' | 'manifest', text: string): Image['config'] {
  const bytes = Buffer.from(text);
  const open = (): Readable => Readable.from([bytes], { objectMode: false });
  return { ...image[which], bytes, digest: digestOf(bytes), size: bytes.length, open };
}
