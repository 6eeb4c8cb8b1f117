import * as v from 'valibot';
import { P2pimgError } from '../error.js';
import {
  digestSchema,
  maximumLayers,
  maximumMetadataSize,
  platformSchema,
  sizeSchema,
} from '../image/manifest.js';

/** The version of the protocol, in the WebSocket's path (`docs/protocol.md`). */
export const protocolVersion = 1;
/** The longest text message, in characters: a catalogue of some thousand images. */
export const maximumMessageLength = 8 * 1024 * 1024;

/** The longest name, reference or sentence in a message, in characters. */
export const maximumWordLength = 512;

const word = v.pipe(v.string(), v.maxLength(maximumWordLength));
const encodingSchema = v.picklist(['identity', 'zstd']);

const ticketSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

const listedImageSchema = v.object({
  id: digestSchema,
  configDigest: v.optional(digestSchema),
  references: v.pipe(v.array(word), v.maxLength(1000)),
  platforms: v.pipe(v.array(platformSchema), v.maxLength(100)),
  size: sizeSchema,
  created: v.optional(word),
});

const storedManifestSchema = v.object({
  mediaType: word,
  digest: digestSchema,
  json: v.pipe(v.string(), v.maxLength(maximumMetadataSize)),
});

/** An image as a source describes it. */
export const imageDescriptionSchema = v.object({
  id: digestSchema,
  configDigest: digestSchema,
  platform: platformSchema,
  created: v.optional(word),
  size: sizeSchema,
  layers: v.pipe(
    v.array(
      v.object({ diffId: digestSchema, mediaType: word, digest: digestSchema, size: v.optional(sizeSchema) }),
    ),
    v.maxLength(maximumLayers),
  ),
  manifest: v.optional(storedManifestSchema),
  index: v.optional(storedManifestSchema),
});

const schemas = {
  /** Both ways, first of all: who speaks. */
  hello: v.object({
    type: v.literal('hello'),
    name: word,
    version: word,
    engine: v.optional(v.object({ kind: word, version: word, store: word })),
    uploads: v.object({ active: sizeSchema, limit: sizeSchema }),
    platform: v.optional(platformSchema),
  }),
  /** Receiver: tell me what you share. */
  list: v.object({ type: v.literal('list') }),
  /** Source: all that it shares; `generation` changes whenever this would. */
  catalogue: v.object({
    type: v.literal('catalogue'),
    generation: sizeSchema,
    images: v.pipe(v.array(listedImageSchema), v.maxLength(20_000)),
  }),
  /** Source, unasked: the catalogue is another now. */
  changed: v.object({ type: v.literal('changed'), generation: sizeSchema }),
  /** Receiver: I would like this image. `image` is a canonical reference, or a digest (of the config, or an image ID). */
  request: v.object({
    type: v.literal('request'),
    image: word,
    platform: platformSchema,
    encodings: v.pipe(v.array(v.string()), v.maxLength(16)),
  }),
  /** Source: still at it (its engine is reading or describing the image). */
  preparing: v.object({ type: v.literal('preparing'), what: word }),
  /** Source: this is what it consists of here. `singly`: its blobs can be read one by one. */
  offer: v.object({
    type: v.literal('offer'),
    image: imageDescriptionSchema,
    encoding: encodingSchema,
    singly: v.optional(v.boolean()),
  }),
  /**
   * Receiver: send these blobs. `first` is one that broke off, to be gone on with at a byte. `singly`: let me read them
   * one by one, these probably.
   */
  want: v.object({
    type: v.literal('want'),
    digests: v.pipe(v.array(digestSchema), v.maxLength(maximumLayers + 1)),
    first: v.optional(v.object({ digest: digestSchema, offset: sizeSchema })),
    singly: v.optional(v.boolean()),
  }),
  /** Source, to a want of `singly`: read, with this ticket, until you close this channel. */
  ready: v.object({ type: v.literal('ready'), ticket: ticketSchema }),
  /** Receiver, on a channel of its own: send this blob, from `offset` on. */
  read: v.object({
    type: v.literal('read'),
    ticket: ticketSchema,
    digest: digestSchema,
    offset: sizeSchema,
  }),
  /** Source: the frames that follow are this blob's, from `offset` on. */
  blob: v.object({
    type: v.literal('blob'),
    digest: digestSchema,
    size: sizeSchema,
    offset: sizeSchema,
  }),
  /** Source: that was all of it. */
  blobEnd: v.object({ type: v.literal('blobEnd'), digest: digestSchema, size: sizeSchema }),
  /** Source: that was all that was wanted. */
  end: v.object({ type: v.literal('end') }),
  /** Source: no, and why. `code` is one of `docs/protocol.md`'s. */
  refuse: v.object({ type: v.literal('refuse'), code: word, message: word }),
  /** Sender: get this image from me, at this port of the address that I call from. */
  bring: v.object({
    type: v.literal('bring'),
    reference: v.optional(word),
    configDigest: digestSchema,
    platform: platformSchema,
    size: sizeSchema,
    created: v.optional(word),
    port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
    into: v.optional(v.literal('archives')),
  }),
  /** Sender: I take it back. */
  withdraw: v.object({ type: v.literal('withdraw') }),
  /** Taker: my owner is asked, for so long. */
  asking: v.object({ type: v.literal('asking'), expiresInMs: sizeSchema }),
  /** Taker: I am getting it. */
  taking: v.object({ type: v.literal('taking') }),
  /** Taker: what is here already and what must come. */
  plan: v.object({
    type: v.literal('plan'),
    layers: sizeSchema,
    layersHere: sizeSchema,
    bytesHere: sizeSchema,
    bytesToGo: sizeSchema,
    bytesExact: v.boolean(),
  }),
  /** Taker: how many bytes have come. */
  progress: v.object({
    type: v.literal('progress'),
    received: sizeSchema,
    total: sizeSchema,
    totalExact: v.boolean(),
    wire: sizeSchema,
  }),
  /** Taker: all has come, and this is at work. */
  loading: v.object({ type: v.literal('loading'), engine: word }),
  /** Taker: the connection that the image comes over was lost. */
  lost: v.object({ type: v.literal('lost'), received: sizeSchema, givesUpInMs: sizeSchema }),
  /** Taker: it goes on. */
  resumed: v.object({ type: v.literal('resumed'), received: sizeSchema }),
  /** Taker: it is here, proved. The last message. */
  taken: v.object({
    type: v.literal('taken'),
    id: v.optional(digestSchema),
    already: v.boolean(),
    received: sizeSchema,
    wire: sizeSchema,
    reused: sizeSchema,
    replaced: v.optional(digestSchema),
    file: v.optional(word),
  }),
} as const;

type Immutable<T> = T extends string
  ? T
  : T extends object
    ? { readonly [K in keyof T]: Immutable<T[K]> }
    : T;

/** A message of the protocol, by its `type`. */
export type Message = {
  [T in keyof typeof schemas]: Immutable<v.InferOutput<(typeof schemas)[T]>>;
}[keyof typeof schemas];
/** One message of a given type. */
export type MessageOf<T extends Message['type']> = Extract<Message, { type: T }>;
/** How a frame's bytes are encoded. */
export type Encoding = v.InferOutput<typeof encodingSchema>;

/** The text of a message. */
export function writeMessage(message: Message): string {
  return JSON.stringify(message);
}

/**
 * Reads a message; unknown fields are dropped, an unknown `type` gives `undefined` (a later version's message, to be
 * ignored). Throws `PROTOCOL_VIOLATION` for anything else that is not a message.
 */
export function readMessage(text: string): Message | undefined {
  if (text.length > maximumMessageLength) throw violation('a message that is too long');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw violation('a message that is not JSON', cause);
  }
  const type = v.safeParse(v.object({ type: v.string() }), value);
  if (!type.success) throw violation('a message without a type');
  if (!Object.hasOwn(schemas, type.output.type)) return undefined;
  const parsed = v.safeParse(schemas[type.output.type as Message['type']], value);
  if (!parsed.success) throw violation(`a malformed ${type.output.type}: ${parsed.issues[0].message}`);
  return parsed.output;
}

/** A violation of the protocol, as an error. */
export function violation(what: string, cause?: unknown): P2pimgError {
  return new P2pimgError('PROTOCOL_VIOLATION', `the peer sent ${what}`, {}, cause);
}
