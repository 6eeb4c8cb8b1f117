import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { violation } from './message.js';

/** Compresses and decompresses single zstd frames off the main thread. */
export interface Zstd {
  compress(bytes: Buffer): Promise<Buffer>;
  /** Decodes one frame to exactly `length` bytes and never more; throws `PROTOCOL_VIOLATION`. */
  decompress(bytes: Buffer, length: number): Promise<Buffer>;
}

const level = 1;

/** The zstd of this Node (from 22.15), else of the optional package, else `undefined`: then nothing is compressed. */
export function loadZstd(): Zstd | undefined {
  return ofNode() ?? ofPackage();
}

/** What `node:zlib` has from 22.15 on; the types are of Node 20. */
interface ZstdOfNode {
  zstdCompress?(bytes: Buffer, options: object, done: (error: Error | null, out: Buffer) => void): void;
  zstdDecompress?(bytes: Buffer, options: object, done: (error: Error | null, out: Buffer) => void): void;
  readonly constants: Readonly<Record<string, number>>;
}

function ofNode(): Zstd | undefined {
  const { zstdCompress, zstdDecompress, constants } = zlib as unknown as ZstdOfNode;
  if (zstdCompress === undefined || zstdDecompress === undefined) return undefined;
  const compress = promisify(zstdCompress);
  const decompress = promisify(zstdDecompress);
  const params = { [constants.ZSTD_c_compressionLevel ?? 100]: level };
  return {
    compress: (bytes) => compress(bytes, { params }),
    decompress: (bytes, length) =>
      exactly(bytes, length, () => decompress(bytes, { maxOutputLength: length })),
  };
}

/** `@toondepauw/node-zstd` 2, for Node 20. It has no limit on its output. */
interface ZstdPackage {
  Encoder: new (level: number) => { encode(bytes: Buffer): Promise<Buffer> };
  Decoder: new () => { decode(bytes: Buffer): Promise<Buffer> };
}

function ofPackage(): Zstd | undefined {
  let loaded: ZstdPackage;
  try {
    loaded = createRequire(import.meta.url)('@toondepauw/node-zstd');
  } catch {
    return undefined; // an optional dependency: this platform has no prebuilt binary
  }
  const encoder = new loaded.Encoder(level);
  const decoder = new loaded.Decoder();
  return {
    compress: (bytes) => encoder.encode(bytes),
    decompress: (bytes, length) => exactly(bytes, length, () => decoder.decode(bytes)),
  };
}

/** The frame is measured before: the package would decode any size, and Node takes a frame without its end. */
async function exactly(frame: Buffer, length: number, decode: () => Promise<Buffer>): Promise<Buffer> {
  if (mostDecodedBytes(frame) > mostBlockBytes) throw violation('a frame that decodes to too much');
  let bytes: Buffer;
  try {
    bytes = await decode();
  } catch (cause) {
    throw violation('a frame that is not zstd, or decodes to too much', cause);
  }
  if (bytes.length !== length) throw violation(`a frame of ${bytes.length} bytes that said ${length}`);
  return bytes;
}

const maximumBlock = 128 * 1024;
/** A MiB whose blocks were split down to 32 KiB, each counted as the 128 KiB that it might hold. */
const mostBlockBytes = 4 * 1024 * 1024;

/**
 * At most how many bytes the blocks of one zstd frame decode to, by their headers alone (RFC 8878, section 3.1.1):
 * raw and run-length blocks say so, a compressed block holds at most 128 KiB. Anything behind the frame is refused.
 */
export function mostDecodedBytes(frame: Buffer): number {
  const at = (offset: number): number => {
    const byte = frame[offset];
    if (byte === undefined) throw violation('a frame that is cut short');
    return byte;
  };
  if (frame.length < 6 || frame.readUInt32LE(0) !== 0xfd2fb528) throw violation('a frame that is not zstd');
  const descriptor = at(4);
  const singleSegment = (descriptor >> 5) & 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSizeBytes = [singleSegment, 2, 4, 8][descriptor >> 6] ?? 0;
  let offset = 5 + (1 - singleSegment) + dictionaryBytes + contentSizeBytes;
  let total = 0;
  for (;;) {
    const header = at(offset) | (at(offset + 1) << 8) | (at(offset + 2) << 16);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    offset += 3;
    if (type === 3 || size > maximumBlock) throw violation('a frame with a malformed block');
    total += type === 2 ? maximumBlock : size;
    offset += type === 1 ? 1 : size;
    if ((header & 1) === 1) break;
  }
  const checksum = ((descriptor >> 2) & 1) * 4;
  if (offset + checksum !== frame.length) throw violation('bytes behind a frame');
  return total;
}
