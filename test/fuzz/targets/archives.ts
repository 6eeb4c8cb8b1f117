import { createHash } from 'node:crypto';
import { surveyedBlobs } from '../../../src/archive/exported-blobs.js';
import { readArchive } from '../../../src/archive/read.js';
import { surveyArchive } from '../../../src/archive/survey.js';
import { missingBlobs } from '../../../src/image/image.js';
import {
  dockerOciItems,
  dockerV1Items,
  inChunks,
  podmanItems,
  sampleOf,
  tarOf,
} from '../../archive/samples.js';
import { mustHold, type Target } from '../target.js';

const blockSize = 512;
const blobName = /^blobs\/sha256\/[0-9a-f]{64}\0/;

/** The archive reader: all three layouts, in chunks of any size, up to the blobs of each image. */
export const archives: Target = {
  name: 'archives',
  form: 'bytes',
  inputs: { test: 600, share: 1.5 },
  async seeds() {
    const sample = sampleOf('lower', Buffer.from([0x1f, 0x8b, 8, 0]), 'lower');
    const plain = sampleOf('lower', 'upper');
    const error = Buffer.from('{"errorDetail":{"message":"no space left on device"}}\n');
    const whole = await tarOf(dockerOciItems(plain));
    return [
      whole,
      await tarOf(dockerV1Items(plain)),
      await tarOf(dockerV1Items(sampleOf('lower', 'upper', 'lower'))),
      await tarOf(podmanItems(plain)),
      await tarOf(dockerOciItems(sample)),
      await tarOf(dockerOciItems(plain).filter(({ name }) => name !== 'manifest.json')),
      Buffer.concat([whole.subarray(0, 2048), error]),
    ];
  },
  words: [
    'manifest.json',
    'index.json',
    '/layer.tar',
    '../',
    'blobs/sha256/',
    'ustar\x0000',
    '\x00',
    '77777777777',
    '{"',
    'x',
    'g',
    'L',
    '2',
    '5',
  ],
  mend,
  async read(input) {
    // Another chunk size for each input, the same one for the same input.
    const size = 1 + (((input.length * 2_654_435_761) >>> 0) % 4096);
    const survey = await surveyArchive(inChunks(input, size));
    for (const { image } of survey.images) {
      const wanted = new Set(missingBlobs(image, new Map()));
      for await (const { digest, content } of surveyedBlobs(
        readArchive(inChunks(input, size)),
        survey,
        wanted,
      )) {
        const hash = createHash('sha256');
        for await (const chunk of content) hash.update(chunk);
        mustHold(digest === `sha256:${hash.digest('hex')}`, 'a blob is what its digest says');
      }
    }
  },
};

/** Gives each header its checksum again, and each blob its name: mutated content would always end at these two. */
function mend(input: Buffer): Buffer {
  const tar = Buffer.from(input);
  for (let at = 0; at + blockSize <= tar.length; ) {
    const header = tar.subarray(at, at + blockSize);
    if (header.toString('latin1', 257, 262) !== 'ustar') {
      at += blockSize;
      continue;
    }
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8) || 0;
    const content = tar.subarray(at + blockSize, at + blockSize + size);
    if (blobName.test(header.toString('latin1', 0, 100)) && at % (4 * blockSize) !== 0)
      header.write(createHash('sha256').update(content).digest('hex'), 'blobs/sha256/'.length, 'latin1');
    header.write('        ', 148, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    at += blockSize * (1 + Math.ceil(size / blockSize));
  }
  return tar;
}
