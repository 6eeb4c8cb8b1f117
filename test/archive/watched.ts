/** The same bytes, how many chunks of them were given, and whether they were let go of. */
export function watched(bytes: AsyncIterable<Buffer>): {
  bytes: AsyncIterable<Buffer>;
  given: () => number;
  ended: () => boolean;
} {
  let given = 0;
  let ended = false;
  async function* counting(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of bytes) {
        given += 1;
        yield chunk;
      }
    } finally {
      ended = true;
    }
  }
  return { bytes: counting(), given: () => given, ended: () => ended };
}
