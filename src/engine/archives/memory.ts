import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { writeBeside } from '../../file/beside.js';
import { digestSchema, sizeSchema } from '../../image/manifest.js';
import { canonical, parseReference } from '../../image/reference.js';
import { imageDescriptionSchema } from '../../wire/message.js';
import type { FileState } from './file-state.js';

const place = v.object({ name: v.string(), at: sizeSchema, size: sizeSchema });
const print = v.object({ size: sizeSchema, modified: v.number(), inode: v.number() });
const schema = v.object({
  version: v.literal(1),
  files: v.array(
    v.tuple([
      v.string(),
      v.variant('type', [
        v.object({ type: v.literal('broken'), print, since: v.number(), reason: v.string() }),
        v.object({
          type: v.literal('shared'),
          print,
          compression: v.picklist(['none', 'gzip', 'bzip2', 'zstd']),
          images: v.array(v.object({ references: v.array(v.string()), image: imageDescriptionSchema })),
          blobs: v.array(v.tuple([digestSchema, place])),
        }),
      ]),
    ]),
  ),
});
const text = v.pipe(v.string(), v.parseJson(), schema);

/** Keeps what was read of a folder's files beyond this process, in a file of the state folder. */
export class Memory {
  readonly #file: string;

  constructor(stateFolder: string, folder: string) {
    const own = createHash('sha256').update(folder).digest('hex').slice(0, 8);
    this.#file = path.join(stateFolder, `archives-${own}.json`);
  }

  /** What was kept; nothing where there is none, or what is there is damaged: then all is read anew. */
  async read(): Promise<Map<string, FileState>> {
    const kept = await readFile(this.#file, 'utf8').catch(() => '');
    const parsed = v.safeParse(text, kept);
    if (!parsed.success) return new Map();
    return new Map(
      parsed.output.files.map(([name, state]): [string, FileState] => {
        if (state.type === 'broken') return [name, state];
        const { images, blobs, ...rest } = state;
        const named = images.map(({ references, image }) => ({
          references: references.map(parseReference),
          image,
        }));
        return [name, { ...rest, survey: { images: named, blobs: new Map(blobs) } }];
      }),
    );
  }

  async write(files: ReadonlyMap<string, FileState>): Promise<void> {
    const kept = [...files].flatMap(([name, state]): [string, unknown][] => {
      if (state.type === 'broken') return [[name, state]];
      if (state.type !== 'shared') return [];
      const { survey, ...rest } = state;
      const images = survey.images.map(({ references, image }) => ({
        references: references.map(canonical),
        image,
      }));
      return [[name, { ...rest, images, blobs: [...survey.blobs] }]];
    });
    async function* content(): AsyncGenerator<Buffer> {
      yield Buffer.from(JSON.stringify({ version: 1, files: kept }));
    }
    await writeBeside(this.#file, content(), new AbortController().signal);
  }
}
