import { openStore } from '../../src/engine/store/store.js';
import { describeEngine } from './conformance.js';
import { freshFolder } from './store-folder.js';

describeEngine('the embedded store', async () => {
  const { folder, remove } = await freshFolder();
  const engine = await openStore(folder);
  return {
    engine,
    cleanup: async () => {
      await engine.close();
      await remove();
    },
  };
});
