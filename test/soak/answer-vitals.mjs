// Loaded into an agent before it starts. When its parent asks, it collects garbage and says what is left; or it sets the
// agent's wall clock to another time.
import { setImmediate as turn } from 'node:timers/promises';

const { now } = Date;

process.on('message', async ({ shiftMs }) => {
  if (shiftMs !== undefined) {
    Date.now = () => now() + shiftMs;
    process.send('shifted');
    return;
  }
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
