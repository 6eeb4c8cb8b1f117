import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLines, readAnswer } from '../../../src/engine/docker/json-lines.js';
import { failureOf } from '../../archive/samples.js';
import { listOf } from '../../wire/samples.js';

const endpoint = { address: 'unix:///engine.sock', namedBy: 'test' };
const answer = (...chunks: readonly (string | Buffer)[]): Readable =>
  Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

describe('JSON lines', () => {
  it('are read one by one', async () => {
    const lines = await listOf(
      jsonLines(answer('{"stream":"a"}\n{"status":"b"}\r\n\n{"stream":"c"}'), endpoint),
    );
    expect(lines).toEqual([{ stream: 'a' }, { status: 'b' }, { stream: 'c' }]);
  });

  it('are the same however they are cut, within a letter too', async () => {
    const whole = Buffer.from('{"stream":"Lädt ✨"}\n{"error":"schön"}\n');
    const cuts = fc.array(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const ends = [0, ...at.toSorted((x, y) => x - y), whole.length];
        const chunks = ends.slice(1).map((end, index) => whole.subarray(ends[index], end));
        expect(await listOf(jsonLines(answer(...chunks), endpoint))).toEqual([
          { stream: 'Lädt ✨' },
          { error: 'schön' },
        ]);
      }),
    );
  });

  it('may be no JSON: then they are text', async () => {
    expect(await listOf(jsonLines(answer('Loaded image: x\n'), endpoint))).toEqual([
      { stream: 'Loaded image: x' },
    ]);
  });

  it('end with an engine that goes away', async () => {
    const stream = answer();
    stream.destroy(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    expect(await failureOf(listOf(jsonLines(stream, endpoint)))).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      facts: { address: 'unix:///engine.sock', reason: 'socket hang up' },
    });
  });

  it('let go of the engine where nobody wants more', async () => {
    const stream = answer('{"stream":"a"}\n{"stream":"b"}\n');
    for await (const _ of jsonLines(stream, endpoint)) break;
    expect(stream.destroyed).toBe(true);
  });
});

describe('an answer', () => {
  it('is the text of all its lines', async () => {
    const text = await readAnswer(
      answer('{"stream":"Loaded image ID: "}\n{"status":"x"}\n{"stream":"sha256:1\\n"}\n'),
      endpoint,
    );
    expect(text).toBe('Loaded image ID: sha256:1\n');
  });

  it.each([
    ['the first line', '{"error":"no"}\n{"stream":"Loaded image"}\n'],
    ['the last line', '{"stream":"Loaded image"}\n{"error":"no"}'],
    ['a line in the middle', '{"stream":"a"}\n{"error":"no"}\n{"stream":"b"}\n'],
    ['the details, which count more', '{"error":"vague","errorDetail":{"message":"no"}}\n'],
    ['two lines, of which the first counts', '{"error":"no"}\n{"error":"and no"}\n'],
  ])('fails with an error in %s', async (_where, text) => {
    expect(await failureOf(readAnswer(answer(text), endpoint))).toMatchObject({
      code: 'ENGINE_FAILED',
      message: 'no',
    });
  });

  it('fails with what the containerd store says of a failed unpacking in plain text', async () => {
    const text = 'Loaded image: app:1\\nError unpacking image app:1: no space left on device\\n';
    expect(await failureOf(readAnswer(answer(`{"stream":"${text}"}\n`), endpoint))).toMatchObject({
      code: 'NO_SPACE',
      message: 'Error unpacking image app:1: no space left on device',
    });
  });

  it('does not fail with an image that is called so', async () => {
    const text = 'Loaded image: Error unpacking image';
    expect(await readAnswer(answer(`{"stream":"${text}"}\n`), endpoint)).toBe(text);
  });
});
