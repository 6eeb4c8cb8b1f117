import { describe, expect, it } from 'vitest';
import { exportedBlobs, surveyedBlobs } from '../../src/archive/exported-blobs.js';
import { readArchive } from '../../src/archive/read.js';
import { surveyArchive } from '../../src/archive/survey.js';
import { type Digest, digestOf } from '../../src/image/digest.js';
import { missingBlobs } from '../../src/image/image.js';
import {
  blobName,
  blobsOf,
  dockerOciItems,
  dockerV1Items,
  failureOf,
  type Item,
  inChunks,
  podmanItems,
  type Sample,
  sampleOf,
  tarOf,
} from './samples.js';

const sample = sampleOf('one', 'two', 'three', 'two', 'four');
const layouts: [string, (sample: Sample) => Item[]][] = [
  ['Docker up to 24', dockerV1Items],
  ['Docker from 25 on', dockerOciItems],
  ['Podman', podmanItems],
];

async function exported(
  bytes: Buffer,
  { image }: Sample,
  wanted: Iterable<Digest>,
): Promise<Map<Digest, Buffer>> {
  return blobsOf(exportedBlobs(readArchive(inChunks(bytes, 700)), image, new Set(wanted)));
}

describe.each(layouts)('exportedBlobs out of what %s saves', (_, items) => {
  it('gives every wanted blob once, by its digest', async () => {
    const blobs = await exported(await tarOf(items(sample)), sample, missingBlobs(sample.image, new Map()));
    expect(blobs.size).toBe(5);
    expect(new Map([...blobs].sort())).toEqual(new Map([...sample.blobs].sort()));
  });

  it('gives no other blob', async () => {
    const blobs = await exported(await tarOf(items(sample)), sample, [digestOf('two'), digestOf('four')]);
    expect([...blobs.keys()].sort()).toEqual([digestOf('two'), digestOf('four')].sort());
  });

  it('stops the engine when all has come', async () => {
    const bytes = await tarOf(items(sampleOf('a', 'b')));
    const [, first] = [...sampleOf('a', 'b').blobs.keys()];
    let given = 0;
    async function* counting(): AsyncGenerator<Buffer> {
      for await (const chunk of inChunks(bytes, 512)) {
        given += chunk.length;
        yield chunk;
      }
    }
    await blobsOf(
      exportedBlobs(readArchive(counting()), sampleOf('a', 'b').image, new Set(first ? [first] : [])),
    );
    expect(given).toBeLessThan(bytes.length);
  });

  it('says which blobs never came', async () => {
    const absent = digestOf('absent');
    const failure = await failureOf(exported(await tarOf(items(sample)), sample, [digestOf('two'), absent]));
    expect(failure).toMatchObject({ code: 'BLOB_MISSING', facts: { digests: [absent] } });
  });

  it('refuses a layer whose bytes are others, before its last chunk', async () => {
    const forged = {
      ...sample,
      blobs: new Map([...sample.blobs, [digestOf('two'), Buffer.from('twO')] as const]),
    };
    const bytes = await tarOf(items(forged).map((item) => renamed(item)));
    const passed: Buffer[] = [];
    const read = async (): Promise<void> => {
      for await (const { content } of exportedBlobs(
        readArchive(inChunks(bytes, 1)),
        sample.image,
        new Set([digestOf('two')]),
      ))
        for await (const chunk of content) passed.push(chunk);
    };
    expect(await failureOf(read())).toMatchObject({
      code: 'DIGEST_MISMATCH',
      facts: { wanted: digestOf('two'), got: digestOf('twO') },
    });
    expect(Buffer.concat(passed).toString()).toBe('tw');
  });
});

/** A forged blob under the name of the true one. */
function renamed(item: Item): Item {
  return item.name === blobName('twO') ? { ...item, name: blobName('two') } : item;
}

describe('the names of Docker up to 24', () => {
  it('are matched for an image of one layer, whose name cannot be computed', async () => {
    const single = sampleOf('only');
    const blobs = await exported(await tarOf(dockerV1Items(single)), single, single.blobs.keys());
    expect(blobs.get(digestOf('only'))?.toString()).toBe('only');
  });

  it('are matched when the topmost layer is also further down', async () => {
    const doubled = sampleOf('one', 'two', 'one');
    const blobs = await exported(await tarOf(dockerV1Items(doubled)), doubled, doubled.blobs.keys());
    expect(blobs.size).toBe(3);
  });

  it('are given up when more than the topmost is unknown', async () => {
    const items = dockerV1Items(sample);
    const foreign = { name: `${'a'.repeat(64)}/layer.tar`, content: 'whatever' };
    const failure = await failureOf(exported(await tarOf([...items, foreign]), sample, [digestOf('absent')]));
    expect(failure).toMatchObject({
      code: 'ARCHIVE_INVALID',
      facts: { reason: 'v1-names', entry: foreign.name },
    });
  });

  it('are given up when one is unknown and the topmost layer is a link', async () => {
    const doubled = sampleOf('one', 'two', 'one');
    const foreign = { name: `${'0'.repeat(64)}/layer.tar`, content: 'whatever' };
    const failure = await failureOf(
      exported(await tarOf([foreign, ...dockerV1Items(doubled)]), doubled, [digestOf('one')]),
    );
    expect(failure).toMatchObject({ code: 'ARCHIVE_INVALID', facts: { reason: 'v1-names' } });
  });

  it('need not be computed after a survey', async () => {
    const items = dockerV1Items(sample).map((item) => foreignNames(item));
    const bytes = await tarOf(items);
    const survey = await surveyArchive(inChunks(bytes));
    const wanted = new Set(sample.blobs.keys());
    const blobs = await blobsOf(surveyedBlobs(readArchive(inChunks(bytes)), survey, wanted));
    expect(new Map([...blobs].sort())).toEqual(new Map([...sample.blobs].sort()));
  });
});

/** The same archive as if its layers had been named by another rule. */
function foreignNames(item: Item): Item {
  const rename = (text: string): string =>
    text.replace(/[0-9a-f]{64}(?=\/)/g, (id) => [...id].reverse().join(''));
  return {
    ...item,
    name: rename(item.name),
    ...(item.link === undefined ? {} : { link: rename(item.link) }),
    ...(item.name === 'manifest.json' ? { content: rename(String(item.content)) } : {}),
  };
}
