import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type NamedImage, writeImages } from '../archive/write-images.js';
import type { DeviceOptions } from '../control/options.js';
import type { Engine } from '../engine/port.js';
import { writeBeside } from '../file/beside.js';
import type { Compression } from '../file/compression.js';
import { packed } from '../file/pack.js';
import type { Digest } from '../image/digest.js';
import type { ImageDescription } from '../image/image.js';
import { type Platform, parsePlatform, platformMatches } from '../image/platform.js';
import { canonical, familiar } from '../image/reference.js';
import { watched } from '../transfer/flow.js';
import { type Chosen, chosen } from './chosen.js';
import { openWayEngine } from './way-engine.js';
import { type Emit, WayTelling } from './way-telling.js';

/** Where a new archive goes: a file, or what others read. */
export type Target =
  | { readonly type: 'file'; readonly file: string }
  | { readonly type: 'stream'; readonly stream: Writable };

/** What `save` is asked for. */
export interface SaveRequest {
  readonly images: readonly string[];
  readonly target: Target;
  readonly compression: Compression;
  /** `os/architecture[/variant]`; the engine's own where absent, or the only one that an image is for. */
  readonly platform?: string | undefined;
}

/** Writes images of this machine's engine, with their names, into one archive; if anything fails, there is no file. */
export async function saveImages(
  { images, target, compression, platform }: SaveRequest,
  options: DeviceOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  const { engine, text: from } = await openWayEngine(undefined, options, 'source');
  try {
    const to = target.type === 'file' ? target.file : 'standard output';
    const telling = new WayTelling(emit, { from, to });
    const asked = platform === undefined ? undefined : parsePlatform(platform);
    const named = await describeAll(engine, images, asked, from, telling, signal);
    const all = named.map(({ image }) => image);
    telling.begin(
      all.reduce((sum, { size }) => sum + size, 0),
      all.length === 1 && all.every(({ layers }) => layers.every(({ size }) => size !== undefined)),
    );
    const give = (image: ImageDescription, wanted: ReadonlySet<Digest>) =>
      watched(engine.export(image, wanted, signal), telling);
    const bytes = packed(writeImages(named, give), compression);
    const size =
      target.type === 'file'
        ? await writeBeside(target.file, bytes, signal)
        : await writeOut(bytes, target.stream, signal);
    emit({
      type: 'written',
      file: to,
      size,
      images: named.map(({ name, image: { configDigest } }) => ({ image: name, configDigest })),
      durationMs: Math.round(performance.now() - startedAt),
    });
  } finally {
    await engine.close();
  }
}

/** Describes the images, each once, with all the names that it was asked for by. */
async function describeAll(
  engine: Engine,
  texts: readonly string[],
  asked: Platform | undefined,
  from: string,
  telling: WayTelling,
  signal: AbortSignal,
): Promise<(NamedImage & { readonly name: string })[]> {
  const own = (await engine.identify()).platform;
  const listed = await engine.list();
  const found = new Map<Digest, Chosen>();
  for (const text of texts) {
    const one = chosen(listed, text, asked ?? own, from);
    const before = found.get(one.image.id);
    const names = [...(before?.references ?? []), ...one.references];
    const references = [...new Map(names.map((name) => [canonical(name), name])).values()];
    found.set(one.image.id, { ...(before ?? one), references });
  }
  const described: (NamedImage & { readonly name: string })[] = [];
  for (const { name, image, references } of found.values()) {
    const platform =
      asked ?? image.platforms.find((one) => platformMatches(one, own)) ?? image.platforms[0] ?? own;
    const description = await engine.describe(image.id, platform, signal);
    telling.found(name, description, references);
    described.push({
      name: references[0] === undefined ? name : familiar(references[0]),
      image: description,
      references,
    });
  }
  return described;
}

async function writeOut(
  bytes: AsyncIterable<Buffer>,
  stream: Writable,
  signal: AbortSignal,
): Promise<number> {
  let size = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      size += chunk.length;
      yield chunk;
    }
  }
  await pipeline(counted, stream, { signal, end: false });
  return size;
}
