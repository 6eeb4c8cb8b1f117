import { P2pimgError } from '../error.js';
import { type Digest, digestOf, hex } from '../image/digest.js';
import type { ImageDescription, StoredManifest } from '../image/image.js';
import { maximumMetadataSize, parseManifest } from '../image/manifest.js';
import { type Platform, platformMatches, platformText } from '../image/platform.js';
import type { Channel, Incoming } from '../wire/channel.js';
import { supportedEncodings } from '../wire/codec.js';
import { type MessageOf, violation } from '../wire/message.js';

/** What a receiver asks for. `image` is a canonical reference or a digest. */
export interface Asked {
  readonly image: string;
  readonly platform: Platform;
  /** Where it is known which image it must be. */
  readonly configDigest?: Digest | undefined;
  /** Where a person asked by ID: the first hex digits of the config's, the manifest's or the index's digest. */
  readonly idPrefix?: string | undefined;
}

/** A peer that says nothing for so long is lost. */
export const stalledAfterMs = 15_000;

/** What a source offers, and whether its blobs can be read one by one. */
export interface Offer {
  readonly image: ImageDescription;
  readonly singly: boolean;
}

/** Requests an image and resolves to the source's offer, checked as far as an offer can be. */
export async function ask(
  channel: Channel,
  asked: Asked,
  onPreparing: (what: string) => void,
): Promise<Offer> {
  await channel.send({
    type: 'request',
    image: asked.image,
    platform: asked.platform,
    encodings: supportedEncodings(),
  });
  for (;;) {
    const message = await receiveMessage(channel);
    switch (message.type) {
      case 'hello':
      case 'changed':
        break;
      case 'preparing':
        onPreparing(message.what);
        break;
      case 'refuse':
        throw refusal(message);
      case 'offer':
        checkOffer(message.image, asked);
        return { image: message.image, singly: message.singly ?? false };
      default:
        throw violation(`a ${message.type} where an offer was due`);
    }
  }
}

/** The next thing from a source; `PEER_LOST` where it closed, or said nothing for 15 s. */
export async function receiveInTime(channel: Channel): Promise<Incoming> {
  const timer = setTimeout(() => channel.destroy(stalled()), stalledAfterMs);
  try {
    const incoming = await channel.receive();
    if (incoming === undefined) throw new P2pimgError('PEER_LOST', 'the peer closed the connection');
    return incoming;
  } finally {
    clearTimeout(timer);
  }
}

const stalled = () => new P2pimgError('PEER_LOST', `nothing came for ${stalledAfterMs / 1000} s`);

async function receiveMessage(channel: Channel) {
  const incoming = await receiveInTime(channel);
  if (incoming.type === 'frame') throw violation('a frame where a message was due');
  return incoming.message;
}

/** What a refusal means here: reasons that are about the image keep their code, all others are `REFUSED`. */
export function refusal({ code, message }: MessageOf<'refuse'>): P2pimgError {
  switch (code) {
    case 'IMAGE_UNKNOWN':
    case 'OTHER_PLATFORM':
    case 'BLOB_MISSING':
    case 'DIGEST_MISMATCH':
    case 'SIZE_MISMATCH':
      return new P2pimgError(code, message, { reported: true });
    default:
      return new P2pimgError('REFUSED', message, { reason: message });
  }
}

function checkOffer(image: ImageDescription, { configDigest, idPrefix, platform }: Asked): void {
  if (configDigest !== undefined && image.configDigest !== configDigest)
    throw new P2pimgError(
      'DIGEST_MISMATCH',
      'the peer offers another image than the one it has in its catalogue',
      {
        wanted: configDigest,
        got: image.configDigest,
      },
    );
  if (!platformMatches(image.platform, platform))
    throw new P2pimgError('OTHER_PLATFORM', `the peer has it for ${platformText(image.platform)} only`, {
      platform: platformText(platform),
      offered: [platformText(image.platform)],
    });
  const { manifest, index } = image;
  if (idPrefix !== undefined) checkId(image, idPrefix);
  if (manifest !== undefined) checkManifest(image, manifest);
  if (index !== undefined && manifest !== undefined) checkIndex(index, manifest);
}

/** An index is not proved: of several platforms one travels, and the index stays behind. */
function checkId({ id, configDigest, manifest, index }: ImageDescription, prefix: string): void {
  const isProved = [configDigest, manifest?.digest, index?.digest].some(
    (digest) => digest !== undefined && hex(digest).startsWith(prefix),
  );
  if (isProved) return;
  if (hex(id).startsWith(prefix)) {
    const reason = `this is the ID of several platforms' index; get it by name, or by the ID of its config, ${configDigest}`;
    throw new P2pimgError('REFUSED', reason, { reason });
  }
  throw new P2pimgError('DIGEST_MISMATCH', 'the peer offers another image than the one of this ID', {
    wanted: prefix,
    got: configDigest,
  });
}

function checkManifest(image: ImageDescription, stored: StoredManifest): void {
  checkDigest(stored);
  const parsed = parseManifest(stored.json);
  if (parsed.type === 'index') throw violation('an index where a manifest was due');
  const { config, layers } = parsed.manifest;
  const agrees =
    config.digest === image.configDigest &&
    layers.length === image.layers.length &&
    layers.every(
      ({ digest, size }, i) => image.layers[i]?.digest === digest && image.layers[i]?.size === size,
    );
  if (config.size > maximumMetadataSize) throw violation('an image config over 4 MiB');
  if (!agrees) throw violation('a manifest that is not of the image it offers');
}

function checkIndex(stored: StoredManifest, manifest: StoredManifest): void {
  checkDigest(stored);
  const parsed = parseManifest(stored.json);
  if (parsed.type !== 'index' || !parsed.index.manifests.some(({ digest }) => digest === manifest.digest))
    throw violation('an index that does not name the manifest it offers');
}

function checkDigest({ digest, json }: StoredManifest): void {
  const got = digestOf(json);
  if (got !== digest)
    throw new P2pimgError('DIGEST_MISMATCH', 'a manifest is not what its digest says', {
      wanted: digest,
      got,
    });
}
