import type { Readable } from 'node:stream';
import type { Endpoint } from '../find.js';
import { engineError, reportedError } from './failure.js';

/** One line of what an engine says about a load, a push or an event. */
export interface JsonLine {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
  readonly aux?: { readonly [key: string]: unknown };
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: { readonly name?: string } };
}

/** Reads an engine's JSON lines to their end, whatever they say. */
export async function* jsonLines(answer: Readable, endpoint: Endpoint): AsyncGenerator<JsonLine> {
  answer.setEncoding('utf8');
  let rest = '';
  try {
    for await (const text of answer as AsyncIterable<string>) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') yield parse(line);
    }
    if (rest.trim() !== '') yield parse(rest);
  } catch (error) {
    throw engineError(error, endpoint);
  } finally {
    answer.destroy();
  }
}

function parse(line: string): JsonLine {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : { stream: line };
  } catch {
    return { stream: line };
  }
}

/** Reads the whole of an answer, since an error may stand in any line of it; resolves to the plain text in it. */
export async function readAnswer(answer: Readable, endpoint: Endpoint): Promise<string> {
  let text = '';
  let said: string | undefined;
  for await (const line of jsonLines(answer, endpoint)) {
    said ??= line.errorDetail?.message ?? line.error;
    text += line.stream ?? '';
  }
  // The containerd store reports a failed unpacking as plain text beside "Loaded image".
  said ??= /^Error unpacking image .*$/m.exec(text)?.[0];
  if (said !== undefined) throw reportedError(said, endpoint);
  return text;
}
