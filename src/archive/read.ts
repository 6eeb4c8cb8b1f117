import { extract } from 'tar-stream';
import { maximumMetadataSize } from '../image/manifest.js';
import { type ArchiveEntry, type EntryKind, entryKind, entryName } from './entry.js';
import { archiveInvalid } from './failure.js';
import { TarFeed } from './tar-feed.js';

const maximumEntries = 10_000;
const blockSize = 512;

/**
 * The entries of what an engine saved, in its order, as the bytes come. An entry's content that is not read is skipped,
 * and leaving the loop lets go of the bytes. Throws `ARCHIVE_INVALID` for an archive that is unsound, `ENGINE_FAILED`
 * with the engine's own words where it appended them, and unchanged what the bytes throw.
 */
export async function* readArchive(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<ArchiveEntry, void, undefined> {
  // With this mark each write is through before the next, so a failure never waits for bytes that may not come.
  const tar = extract({ highWaterMark: 1 });
  const feed = new TarFeed(bytes, tar);
  const names = new Set<string>();
  let end = 0;
  let count = 0;
  try {
    for await (const file of tar) {
      const { header, offset } = file;
      const name = entryName(header);
      const kind = entryKind(name, header);
      if (++count > maximumEntries) throw archiveInvalid(`it has more than ${maximumEntries} entries`);
      if (header.type === 'directory') continue;
      if (names.has(name)) throw archiveInvalid('it is there twice', name);
      names.add(name);
      end = offset + blockSize + Math.ceil(header.size / blockSize) * blockSize;

      // One iterator for both, and never its return(): that would destroy the whole extractor.
      const chunks = (file as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
      const entry = await entryOf(kind, name, offset + blockSize, header.size, explained(chunks, feed));
      if (entry !== undefined) yield entry;
      while ((await chunks.next()).done !== true);
    }
    feed.checkEnd(end);
  } catch (error) {
    throw await feed.explain(error);
  } finally {
    tar.destroy();
    feed.close();
  }
}

async function entryOf(
  kind: EntryKind,
  name: string,
  at: number,
  size: number,
  content: AsyncIterable<Buffer>,
): Promise<ArchiveEntry | undefined> {
  switch (kind.type) {
    case 'passedOver':
      return undefined;
    case 'metadata':
      return { ...kind, text: await metadataText(kind.name, size, content) };
    case 'v1Link':
      return { ...kind, name };
    default:
      return { ...kind, name, at, size, content };
  }
}

async function metadataText(name: string, size: number, content: AsyncIterable<Buffer>): Promise<string> {
  if (size > maximumMetadataSize) throw archiveInvalid('it is over 4 MiB', name);
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  try {
    JSON.parse(text);
  } catch (cause) {
    throw archiveInvalid('it is not JSON', name, cause);
  }
  return text;
}

async function* explained(
  chunks: AsyncIterator<Buffer>,
  feed: TarFeed,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  } catch (error) {
    throw await feed.explain(error);
  }
}
