import type { GetEvent, PeerName } from '../control/api.js';
import type { ErrorCode } from '../error.js';
import type { Digest } from '../image/digest.js';
import { type Platform, platformMatches } from '../image/platform.js';
import type { Reference } from '../image/reference.js';
import { type Importer, receive } from '../transfer/receive.js';
import type { Room } from '../transfer/room.js';
import type { Source } from '../transfer/source.js';
import type { MessageOf } from '../wire/message.js';
import type { Catalogue } from './catalogue.js';
import { SenderSource } from './sender-source.js';
import { Telling } from './telling.js';

/** An image that a peer sends, and that is to be taken. */
export interface Delivery {
  readonly source: Source;
  /** How people call it. */
  readonly name: string;
  /** The name that it gets here. */
  readonly reference: Reference | undefined;
  readonly configDigest: Digest;
  readonly platform: Platform;
  /** Bytes, as its sender said. */
  readonly size: number;
}

/** Where it is taken to, and who it is for people: `docker`, or a folder. */
export interface Destination {
  readonly engine: Importer;
  readonly text: string;
  readonly patienceMs: number;
  /** How much an image may bring here now. */
  readonly room: Room;
  /** Told where the sender proves to have lied. */
  readonly onLie: (peer: PeerName, code: ErrorCode) => void;
}

/** Engines only estimate: what is more than twice of what was said, and this, is no estimate any more. */
const tolerance = 64 * 1024 * 1024;

/** What taking an image came to. */
export type Taken = Omit<MessageOf<'taken'>, 'type'>;

/** Gets an image from the peer that sends it, in the way in which `get` does; what has the name here loses it. */
export async function take(
  { source, name, reference, configDigest, platform, size }: Delivery,
  { engine, text, patienceMs, room, onLie }: Destination,
  emit: (event: GetEvent) => void,
  signal: AbortSignal,
): Promise<Taken> {
  const holders = [{ peerId: source.peer.id, name: source.peer.name }];
  const telling = new Telling(emit, name, { holders }, [], text, patienceMs);
  const received = await receive(
    engine,
    new SenderSource(source, onLie),
    { image: configDigest, platform, configDigest },
    reference,
    { name, patienceMs, signal, room: roomFor(size, room) },
    telling,
  );
  const { id, wire, reused, replaced } = received;
  return { id, already: false, received: telling.bytes, wire, reused, ...(replaced && { replaced }) };
}

function roomFor(size: number, { allowed = Number.POSITIVE_INFINITY, free }: Room): Room {
  return { allowed: Math.min(allowed, 2 * size + tolerance), free };
}

/** The same where the image is here already: it only gets its name. */
export async function takeHere(
  { reference, configDigest, platform }: Delivery,
  engine: Pick<Importer, 'tag'>,
  catalogue: Catalogue,
): Promise<Taken | undefined> {
  await catalogue.refresh();
  if (catalogue.state?.type === 'down') throw catalogue.state.error;
  const here = catalogue.images.find(
    (ours) =>
      ours.configDigest === configDigest && ours.platforms.some((one) => platformMatches(one, platform)),
  );
  if (here === undefined) return undefined;
  const replaced = reference === undefined ? undefined : await engine.tag(here.id, reference);
  return { id: here.id, already: true, received: 0, wire: 0, reused: 0, ...(replaced && { replaced }) };
}
