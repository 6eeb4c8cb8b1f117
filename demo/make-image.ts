import { exportedBlobs } from '../src/archive/exported-blobs.js';
import { readArchive } from '../src/archive/read.js';
import { surveyArchive } from '../src/archive/survey.js';
import type { Engine } from '../src/engine/port.js';
import type { Digest } from '../src/image/digest.js';
import { missingBlobs } from '../src/image/image.js';
import { parseReference } from '../src/image/reference.js';
import { archive } from '../test/fixtures/archive.js';
import { buildImage } from '../test/fixtures/image.js';
import { file } from '../test/fixtures/tar.js';

/** Makes an image of four layers, some 100 MB, and gives it to an engine under a name; resolves to the engine's ID of it. */
export async function makeImage(engine: Engine, name: string): Promise<Digest> {
  const layer = (path: string, bytes: number) => ({
    entries: [file(path, { random: bytes })],
    compression: 'none' as const,
  });
  const image = await buildImage({
    layers: [layer('base', 48e6), layer('runtime', 32e6), layer('libraries', 18e6), layer('app', 2e6)],
    cmd: ['/app'],
    created: new Date(),
    labels: { 'org.opencontainers.image.title': 'p2pimg demo' },
  });
  const packed = () => archive([{ content: image, names: [] }]);
  const [archived] = (await surveyArchive(packed())).images;
  if (archived === undefined) throw new Error('the demo made no image');
  const blobs = exportedBlobs(
    readArchive(packed()),
    archived.image,
    new Set(missingBlobs(archived.image, new Map())),
  );
  const id = await engine.import(archived.image, new Map(), blobs, AbortSignal.timeout(120_000));
  await engine.tag(id, parseReference(name));
  return id;
}
