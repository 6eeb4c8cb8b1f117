import { openStore } from '../../src/engine/store/store.js';
import { parseReference } from '../../src/image/reference.js';
import { freshImage } from './claims/source.js';
import { give } from './claims/subject.js';

// A process that imports and names images into a folder for ever, to be killed. It says when it has begun.
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: store-importer FOLDER');
const engine = await openStore(folder);
process.stdout.write('importing\n');
for (let at = 0; ; at++) {
  const image = await freshImage({ os: 'linux', architecture: 'amd64' });
  await engine.tag(await give(engine, image), parseReference(`killed:${at % 3}`));
}
