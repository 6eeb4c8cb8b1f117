import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { P2pimgError } from '../../error.js';
import type { Digest } from '../../image/digest.js';
import { type Descriptor, descriptorSchema } from '../../image/manifest.js';
import { canonical, parseReference, type Reference } from '../../image/reference.js';
import { replaceFile } from './durable.js';
import type { Layout } from './layout.js';

type Json = Readonly<Record<string, unknown>>;

/** One entry of `index.json`: as it stands there, and what this project makes of it, which may be nothing. */
export interface Entry {
  readonly json: Json;
  readonly descriptor?: Descriptor | undefined;
  readonly reference?: Reference | undefined;
}

/** What `index.json` says; fields and entries that this project doesn't know stay as they are. */
export interface IndexFile {
  readonly json: Json;
  readonly entries: readonly Entry[];
}

const containerdName = 'io.containerd.image.name';
const ociName = 'org.opencontainers.image.ref.name';
const json = v.record(v.string(), v.unknown());
const schema = v.pipe(v.string(), v.parseJson(), v.looseObject({ manifests: v.array(json) }));

/** Reads `index.json`; throws `ENGINE_FAILED` where it is damaged. */
export async function readIndex(layout: Layout): Promise<IndexFile> {
  const parsed = v.safeParse(schema, await readFile(layout.index, 'utf8'));
  if (!parsed.success)
    throw new P2pimgError('ENGINE_FAILED', 'index.json is damaged', { folder: layout.folder });
  return { json: parsed.output, entries: parsed.output.manifests.map(entryOf) };
}

/** Replaces `index.json` in one step; only under the lock. */
export async function writeIndex(layout: Layout, { json, entries }: IndexFile): Promise<void> {
  const manifests = entries.map((entry) => entry.json);
  await replaceFile(layout.index, JSON.stringify({ ...json, manifests }), layout.ingest);
}

/** The index with an unnamed entry for an image; itself where the image has one already. */
export function withImage(index: IndexFile, image: Descriptor): IndexFile {
  if (index.entries.some(({ descriptor }) => descriptor?.digest === image.digest)) return index;
  return { ...index, entries: [...index.entries, entryOf({ ...image })] };
}

/** The index after a name went to an image, and the ID of the other one that had it; throws `IMAGE_UNKNOWN`. */
export function withName(
  index: IndexFile,
  id: Digest,
  reference: Reference,
): { index: IndexFile; replaced: Digest | undefined } {
  const name = canonical(reference);
  const own = index.entries.filter(({ descriptor }) => descriptor?.digest === id);
  const [first] = own;
  if (first === undefined) throw new P2pimgError('IMAGE_UNKNOWN', 'no such image', { image: id });
  if (own.some((entry) => isNamed(entry, name))) return { index, replaced: undefined };

  const replaced = index.entries.find((entry) => isNamed(entry, name))?.descriptor?.digest;
  const target = own.find((entry) => entry.reference === undefined);
  const entries = index.entries.flatMap((entry) => {
    if (entry === target) return [named(entry, name)];
    if (!isNamed(entry, name)) return [entry];
    const others = index.entries.filter(
      ({ descriptor }) => descriptor?.digest === entry.descriptor?.digest,
    ).length;
    return others > 1 ? [] : [named(entry, undefined)];
  });
  return {
    index: { ...index, entries: target === undefined ? [...entries, named(first, name)] : entries },
    replaced,
  };
}

function entryOf(json: Json): Entry {
  const parsed = v.safeParse(descriptorSchema, json);
  if (!parsed.success) return { json };
  const annotations = parsed.output.annotations ?? {};
  // Docker writes the name under containerd's key and only the tag under OCI's.
  const name = annotations[containerdName] ?? annotations[ociName];
  return { json, descriptor: parsed.output, reference: name === undefined ? undefined : readName(name) };
}

/** What others write there may be anything; a word without a tag is a name, as the one who reads it would type it. */
function readName(name: string): Reference | undefined {
  try {
    return parseReference(name);
  } catch {
    return undefined;
  }
}

function isNamed({ reference }: Entry, name: string): boolean {
  return reference !== undefined && canonical(reference) === name;
}

function named({ json, descriptor }: Entry, name: string | undefined): Entry {
  const { [containerdName]: _, [ociName]: __, ...others } = descriptor?.annotations ?? {};
  const names = name === undefined ? {} : { [containerdName]: name, [ociName]: name };
  const annotations = { ...others, ...names };
  const { annotations: ___, ...rest } = json;
  return entryOf(Object.keys(annotations).length === 0 ? rest : { ...rest, annotations });
}
