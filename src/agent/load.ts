import { fstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import type { ArchivedImage, ArchiveSurvey } from '../archive/survey.js';
import type { DeviceOptions } from '../control/options.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import { ArchiveFile } from '../file/archive-file.js';
import { spooled } from '../file/spool.js';
import { hex, shortId } from '../image/digest.js';
import { type Platform, parsePlatform, platformMatches, platformText } from '../image/platform.js';
import { canonical, familiar } from '../image/reference.js';
import { carry } from '../transfer/carry.js';
import { openWayEngine, type WayEngine } from './way-engine.js';
import { type Emit, readingTold, WayTelling } from './way-telling.js';

/** Where an archive comes from: a file, or a stream of this process, which may be a file's. */
export type Origin =
  | { readonly type: 'file'; readonly file: string }
  | { readonly type: 'stream'; readonly stream: Readable & { readonly fd?: number } };

/** What `load` is asked for. */
export interface LoadRequest {
  readonly origin: Origin;
  /** Of images for several platforms under one name, the one for this; the engine's own where absent. */
  readonly platform?: string | undefined;
}

/**
 * Loads all images of an archive into this machine's engine, with their names, and only what is missing there. The
 * archive is read once and proved before anything is loaded: one that breaks off, or is none, loads nothing.
 */
export async function loadFile(
  { origin, platform }: LoadRequest,
  options: DeviceOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const label = origin.type === 'file' ? origin.file : 'standard input';
  const to = await openWayEngine(undefined, options, 'receiver');
  try {
    const archive = await openArchive(origin, label, options.paths.state, emit, signal);
    try {
      const told = readingTold(emit, label, archive.size);
      const survey = await archive.survey(signal, told);
      emit({ type: 'sound', file: label, images: survey.images.length });
      const asked = platform === undefined ? (await to.engine.identify()).platform : parsePlatform(platform);
      for (const one of fitting(survey, asked)) await loadOne(one, survey, archive, to, label, emit, signal);
    } finally {
      await archive.close();
    }
  } catch (error) {
    throw asP2pimgError(error).with({ file: label });
  } finally {
    await to.engine.close();
  }
}

async function openArchive(
  origin: Origin,
  label: string,
  stateFolder: string,
  emit: Emit,
  signal: AbortSignal,
): Promise<ArchiveFile> {
  if (origin.type === 'file') return ArchiveFile.open(origin.file);
  const { stream } = origin;
  // a file by redirection can be read twice, from wherever a name leads to it
  if (stream.fd !== undefined && fstatSync(stream.fd).isFile() && process.platform === 'linux')
    return ArchiveFile.of(label, await open(`/proc/self/fd/${stream.fd}`, 'r'));
  stream.on('error', () => undefined); // told where it is read
  addAbortSignal(signal, stream);
  const handle = await spooled(stream, stateFolder, signal, readingTold(emit, label, undefined));
  return ArchiveFile.of(label, handle);
}

async function loadOne(
  { image, references }: ArchivedImage,
  survey: ArchiveSurvey,
  archive: ArchiveFile,
  { engine, text: to }: WayEngine,
  from: string,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  const names = references.filter(({ tag }) => tag !== undefined);
  const name = names[0] === undefined ? hex(image.configDigest).slice(0, 12) : familiar(names[0]);
  const telling = new WayTelling(emit, { from, to });
  telling.found(name, image, names);
  const carried = await carry(
    image,
    names,
    (_, wanted) => archive.blobs(survey, wanted, signal),
    engine,
    telling,
    signal,
  ).catch((error: unknown) => {
    throw asP2pimgError(error).with({ image: name });
  });
  emit({
    type: 'done',
    image: name,
    names: names.map(familiar),
    configDigest: image.configDigest,
    from,
    to,
    received: telling.bytes,
    durationMs: Math.round(performance.now() - startedAt),
    ...carried,
  });
}

/** The images of an archive; of those under one name, the one for a platform. `OTHER_PLATFORM` where none is. */
function fitting({ images }: ArchiveSurvey, platform: Platform): ArchivedImage[] {
  const byName = new Map<string, ArchivedImage[]>();
  for (const one of images) {
    const names = one.references.map(canonical).toSorted().join() || one.image.id;
    byName.set(names, [...(byName.get(names) ?? []), one]);
  }
  return [...byName.values()].flatMap((same) => {
    if (same.length === 1) return same;
    const found = same.find(({ image }) => platformMatches(image.platform, platform));
    if (found !== undefined) return [found];
    const { references, image } = same[0] as ArchivedImage;
    throw new P2pimgError('OTHER_PLATFORM', 'it is there for other platforms only', {
      image: references[0] === undefined ? shortId(image.id) : familiar(references[0]),
      platform: platformText(platform),
      offered: same.map((one) => platformText(one.image.platform)),
    });
  });
}
