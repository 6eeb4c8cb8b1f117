import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { P2pimgError } from '../error.js';
import { longestGraceSeconds } from './grace.js';

const maximumBody = 64 * 1024;
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(512));

const grace = v.pipe(v.number(), v.minValue(0), v.maxValue(longestGraceSeconds));

/** The bodies that the control server takes. */
export const bodies = {
  get: v.object({
    image: word,
    platform: v.optional(word),
    from: v.optional(word),
    id: v.optional(word),
    as: v.optional(word),
    ifMissing: v.optional(v.boolean()),
    orPull: v.optional(v.boolean()),
    dryRun: v.optional(v.boolean()),
  }),
  send: v.object({
    image: word,
    peer: word,
    platform: v.optional(word),
    store: v.optional(v.boolean()),
  }),
  watch: v.object({
    patterns: v.pipe(v.array(word), v.minLength(1), v.maxLength(100)),
    platform: v.optional(word),
    once: v.optional(v.boolean()),
    onlyNew: v.optional(v.boolean()),
  }),
  answer: v.object({ which: word, deed: v.picklist(['accept', 'refuse']) }),
  create: v.object({ replace: v.boolean() }),
  join: v.object({
    invite: v.pipe(v.string(), v.minLength(1), v.maxLength(8192)),
    replace: v.boolean(),
    graceSeconds: v.optional(grace),
  }),
  rotate: v.object({ graceSeconds: grace }),
  settings: v.variant('type', [
    v.object({ type: v.picklist(['share', 'hide']), pattern: v.pipe(word, v.maxLength(256)) }),
    v.object({ type: v.picklist(['pause', 'resume']) }),
    v.object({ type: v.literal('uploads'), limit: v.pipe(v.number(), v.integer()) }),
    v.object({
      type: v.picklist(['up', 'down']),
      bytesPerSecond: v.optional(v.pipe(v.number(), v.integer())),
    }),
    v.object({ type: v.literal('metrics'), port: v.optional(v.pipe(v.number(), v.integer())) }),
  ]),
} as const;

/** Reads a JSON body of at most 64 KiB by its schema; throws `USAGE`. */
export async function readBody<T extends v.GenericSchema>(
  request: IncomingMessage,
  schema: T,
): Promise<v.InferOutput<T>> {
  const parsed = v.safeParse(schema, parse(await readAll(request)));
  if (!parsed.success) throw malformed(parsed.issues[0].message);
  return parsed.output;
}

async function readAll(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > maximumBody) throw malformed('it is over 64 KiB');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed('it is not JSON', cause);
  }
}

function malformed(why: string, cause?: unknown): P2pimgError {
  return new P2pimgError('USAGE', `a malformed request to the agent: ${why}`, { why }, cause);
}
