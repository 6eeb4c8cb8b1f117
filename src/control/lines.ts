import { StringDecoder } from 'node:string_decoder';

const maximumLine = 1024 * 1024;

/** The lines of a byte stream, without what follows the last line break; throws on a line over 1 MiB characters. */
export async function* lines(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const piece of bytes) {
    const parts = (rest + decoder.write(piece)).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > maximumLine) throw new Error('a line of over 1 MiB');
    yield* parts;
  }
}
