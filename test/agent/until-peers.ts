import { setTimeout as delay } from 'node:timers/promises';
import type { Agent } from '../../src/agent/agent.js';

const names = async (agent: Agent): Promise<string> =>
  (await agent.peers()).peers
    .map(({ name }) => name)
    .toSorted()
    .join();

/** Looks until these are an agent's peers, in the order of the alphabet; what is waited for is on the network. */
export async function untilPeers(agent: Agent, ...wanted: readonly string[]): Promise<void> {
  for (let looks = 0; (await names(agent)) !== wanted.join(); looks += 1) {
    if (looks === 1_000) throw new Error(`not ${wanted.join()} but ${await names(agent)}`);
    await delay(20);
  }
}
