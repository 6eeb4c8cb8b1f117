import { connect } from 'node:net';
import type { HeardAdvert } from '../../../discovery/hearing.js';
import { showEndpoint } from '../../../discovery/peer.js';
import type { Reached } from '../observations.js';

const timeoutMs = 2_000;
const maximumPeers = 32;

/** Connects, and no more, to each of these agents: to all its addresses, until one of them answers. */
export async function observeReach(adverts: readonly HeardAdvert[]): Promise<Reached[]> {
  const byPeer = new Map(adverts.map((heard) => [heard.advert.peerId, heard]));
  return Promise.all(
    [...byPeer.values()].slice(0, maximumPeers).map(async ({ sender, advert: { name, port, addresses } }) => {
      const answers = await Promise.all(addresses.map((host) => answerOf(host, port)));
      const answer = answers.includes('yes') ? 'yes' : (answers[0] ?? 'no address');
      return { peer: name, address: showEndpoint({ host: sender, port }), answer };
    }),
  );
}

function answerOf(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end('yes'));
    socket.once('timeout', () => end('ETIMEDOUT'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => end(code ?? 'unknown'));
  });
}
