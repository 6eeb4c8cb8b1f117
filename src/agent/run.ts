import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import type { AgentOptions, RunAgent } from '../control/options.js';
import { serveControl } from '../control/server.js';
import { P2pimgError } from '../error.js';
import { Agent } from './agent.js';
import { usualPort } from './usual-port.js';

/** Runs an agent until the signal. */
export const runAgent: RunAgent = async (options, signal) => {
  keepHeapSmall();
  await mkdir(options.paths.state, { recursive: true, mode: 0o700 });
  const agent = await Agent.open({ ...options, serves: true });
  try {
    const control = await serveControl(agent, options.paths.socket);
    try {
      const made = agent.hasTeam ? undefined : await agent.createTeam(false);
      await listen(agent, options);
      agent.catalogue.events.on('engine', () => {
        void agent.status().then(({ engine }) => options.tell({ type: 'engine', engine }));
      });
      agent.exchange.arrivals.events.on('asking', (arrival) => options.tell({ type: 'asking', arrival }));
      const trouble = ({ code, message }: P2pimgError) => options.tell({ type: 'trouble', code, message });
      agent.presence.events.on('trouble', trouble);
      agent.discovery.events.on('trouble', trouble);
      options.tell({ type: 'ready', status: await agent.status(), socket: options.paths.socket });
      agent.archives?.onTrouble(trouble);
      if (made !== undefined) options.tell({ type: 'team', tag: made.tag });
      await agent.journal.beginServing(agent.owner.metricsPort, trouble);
      if (!signal.aborted) await once(signal, 'abort');
      options.tell({ type: 'stopping', uploads: agent.owner.uploads.active });
    } finally {
      await control.close();
    }
  } finally {
    await agent.close();
  }
};

/**
 * Young objects stay within the first 2 MB. By default V8 would let that grow to 32 MB, which an agent would keep, and
 * would find buffers that nobody needs any more later.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** At the port that was named, or else at the usual one, or else at any. */
async function listen(agent: Agent, { port }: AgentOptions): Promise<void> {
  try {
    await agent.serve(port ?? agent.configuredPort ?? usualPort);
  } catch (error) {
    const isFree = port === undefined && agent.configuredPort === undefined;
    if (!isFree || !(error instanceof P2pimgError) || error.code !== 'PORT_TAKEN') throw error;
    await agent.serve(0);
  }
}
