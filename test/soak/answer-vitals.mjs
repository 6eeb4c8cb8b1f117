// Loaded into an agent before it starts: collects garbage when its parent asks, and says what is left.
import { setImmediate as turn } from 'node:timers/promises';

process.on('message', async () => {
  for (let round = 0; round < 3; round++) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  process.send({ heapUsed, external, rss, resources });
});
process.channel.unref();
