import { digestOf } from '../../src/image/digest.js';
import type { ImageDescription } from '../../src/image/image.js';
import { localPlatform } from '../../src/image/platform.js';
import { writeFrame } from '../../src/wire/frame.js';
import { descriptionOf, freshImage } from '../engine/claims/source.js';
import { changed, changedFrame, type Script } from './scripted.js';

/** The image that the liars have, and one that they have not. */
export const image = await freshImage(localPlatform());
export const other = await freshImage(localPlatform());
const described = descriptionOf(image);
const [first] = described.layers;
const stranger = digestOf('a blob that nobody asked for');

const flipped = (frame: Buffer): Buffer[] => {
  const last = frame.length - 1;
  frame[last] = (frame[last] ?? 0) ^ 1;
  return [frame];
};
const identity = (text: string): Buffer => writeFrame({ type: 'identity', payload: Buffer.from(text) });

/** An offer with another stored manifest. */
const withManifest = (json: string) => (offer: ImageDescription) => ({
  ...offer,
  manifest: { mediaType: 'm', digest: digestOf(json), json },
});
const manifest = JSON.parse(described.manifest?.json ?? '') as { config: object; layers: object[] };

/** What a source may do wrong, what it is called, and how it is done. */
export const lies: readonly (readonly [what: string, code: string, script: Script])[] = [
  ['one flipped bit in a layer', 'DIGEST_MISMATCH', { steps: changedFrame(0, flipped) }],
  [
    'one flipped bit in its last frame',
    'DIGEST_MISMATCH',
    { steps: (all) => changedFrame(all.filter(Buffer.isBuffer).length - 1, flipped)(all) },
  ],
  ['a layer that is longer', 'SIZE_MISMATCH', { steps: changedFrame(1, (frame) => [frame, identity('x')]) }],
  ['a layer that is shorter', 'SIZE_MISMATCH', { steps: changedFrame(0, () => []) }],
  [
    'another size than was offered, and keeps to it',
    'SIZE_MISMATCH',
    {
      steps: (all) => {
        const longer = changed('blob', (blob, at) => (at === 0 ? { ...blob, size: blob.size + 1 } : blob))(
          all,
        );
        return changedFrame(0, (frame) => [identity('x'), frame])(longer);
      },
    },
  ],
  [
    'a blob that was not wanted',
    'BLOB_UNWANTED',
    { steps: changed('blob', (blob, at) => (at === 0 ? { ...blob, digest: stranger } : blob)) },
  ],
  [
    'a blob twice',
    'BLOB_UNWANTED',
    { steps: changed('blob', (blob, at) => (at === 1 && first ? { ...blob, digest: first.digest } : blob)) },
  ],
  [
    'all but one blob',
    'BLOB_MISSING',
    {
      steps: (all) => [
        ...all.slice(
          0,
          all.findLastIndex((step) => 'type' in step && step.type === 'blob'),
        ),
        { type: 'end' },
      ],
    },
  ],
  ['nothing', 'BLOB_MISSING', { steps: () => [{ type: 'end' }] }],
  [
    'a blob from its middle',
    'PROTOCOL_VIOLATION',
    { steps: changed('blob', (blob) => ({ ...blob, offset: 10 })) },
  ],
  ['a frame before its blob', 'PROTOCOL_VIOLATION', { steps: () => [identity('x')] }],
  [
    'another blob within a blob',
    'PROTOCOL_VIOLATION',
    { steps: changed('blobEnd', (end) => ({ ...end, type: 'blob', offset: 0 })) },
  ],
  [
    'the end of another blob',
    'PROTOCOL_VIOLATION',
    { steps: changed('blobEnd', (end) => ({ ...end, digest: stranger })) },
  ],
  ['a frame that is none', 'PROTOCOL_VIOLATION', { steps: changedFrame(0, () => [Buffer.from([9, 9])]) }],
  [
    'a frame of bad compression',
    'PROTOCOL_VIOLATION',
    { steps: changedFrame(0, () => [Buffer.from('010000000161', 'hex')]) },
  ],
  [
    'an offer after the offer',
    'PROTOCOL_VIOLATION',
    { steps: () => [{ type: 'offer', image: described, encoding: 'identity' }] },
  ],
  ['a frame for an offer', 'PROTOCOL_VIOLATION', { instead: [identity('x')] }],
  ['blobs without an offer', 'PROTOCOL_VIOLATION', { instead: [{ type: 'end' }] }],
  [
    'a manifest of another digest',
    'DIGEST_MISMATCH',
    {
      offer: (offer) => ({
        ...offer,
        manifest: { mediaType: 'm', digest: stranger, json: described.manifest?.json ?? '' },
      }),
    },
  ],
  [
    'a manifest of another config',
    'PROTOCOL_VIOLATION',
    {
      offer: withManifest(JSON.stringify({ ...manifest, config: { ...manifest.config, digest: stranger } })),
    },
  ],
  [
    'a manifest of fewer layers',
    'PROTOCOL_VIOLATION',
    { offer: withManifest(JSON.stringify({ ...manifest, layers: manifest.layers.slice(0, -1) })) },
  ],
  [
    'a manifest of other sizes',
    'PROTOCOL_VIOLATION',
    {
      offer: withManifest(
        JSON.stringify({ ...manifest, layers: manifest.layers.map((layer) => ({ ...layer, size: 1 })) }),
      ),
    },
  ],
  ['a manifest that is an index', 'PROTOCOL_VIOLATION', { offer: withManifest('{"manifests":[]}') }],
  ['a manifest that is nothing', 'MANIFEST_INVALID', { offer: withManifest('[]') }],
  [
    'an index of another digest',
    'DIGEST_MISMATCH',
    {
      offer: (offer) => ({ ...offer, index: { mediaType: 'm', digest: stranger, json: '{"manifests":[]}' } }),
    },
  ],
  [
    'an index that does not name its manifest',
    'PROTOCOL_VIOLATION',
    {
      offer: (offer) => ({
        ...offer,
        index: { mediaType: 'm', digest: digestOf('{"manifests":[]}'), json: '{"manifests":[]}' },
      }),
    },
  ],
  ['another image than its catalogue names', 'DIGEST_MISMATCH', { offer: () => descriptionOf(other) }],
  [
    'an image for another platform',
    'OTHER_PLATFORM',
    { offer: (offer) => ({ ...offer, platform: { os: 'linux', architecture: 'pdp11' } }) },
  ],
  [
    'layers that are not the config’s',
    'IMPORT_UNPROVED',
    { offer: ({ manifest: _, ...offer }) => ({ ...offer, layers: offer.layers.toReversed() }) },
  ],
  [
    'layers that unpack to others',
    'DIGEST_MISMATCH',
    {
      offer: (offer) => ({
        ...offer,
        layers: offer.layers.map((layer, at) => (at === 0 ? { ...layer, diffId: stranger } : layer)),
      }),
    },
  ],
];
