import { asP2pimgError, P2pimgError } from '../error.js';
import { attempt, type Caller, lost } from './attempt.js';
import type { WebSocketChannel } from './channel.js';

/** Whom to dial, where, and for how long. */
export interface DialOptions extends Caller {
  /** `host:port` or `[ipv6]:port`, the likeliest first. */
  readonly addresses: readonly string[];
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

// How long one address has to itself before the next is tried beside it (RFC 8305, section 5).
const headStart = 250;

/**
 * Connects to a peer by the first of its addresses at which it proves itself. Throws `UNPROVED` if somebody there
 * could not, `REFUSED` if it speaks another version, `PEER_LOST` if nobody was there, `INTERRUPTED` on the signal.
 */
export async function dial(options: DialOptions): Promise<WebSocketChannel> {
  const { addresses, signal, timeoutMs } = options;
  const race = new AbortController();
  const interrupt = () => race.abort(interrupted(signal.reason));
  const timeout = setTimeout(() => race.abort(lost(addresses.join(', '), 'timeout')), timeoutMs);
  signal.addEventListener('abort', interrupt);
  if (signal.aborted) interrupt();
  try {
    return await firstProved(options, race);
  } finally {
    clearTimeout(timeout);
    signal.removeEventListener('abort', interrupt);
  }
}

function firstProved(options: DialOptions, race: AbortController): Promise<WebSocketChannel> {
  const waiting = [...options.addresses];
  const errors: P2pimgError[] = [];
  return new Promise((resolve, reject) => {
    let next: NodeJS.Timeout | undefined;
    const start = () => {
      clearTimeout(next);
      const address = waiting.shift();
      if (address === undefined) return;
      if (waiting.length > 0) next = setTimeout(start, headStart);
      attempt(address, options, race.signal).then(win, lose);
    };
    const win = (channel: WebSocketChannel) => {
      clearTimeout(next);
      const late = lost(channel.remote, 'another address was faster');
      // Two can arrive in one turn; the promise takes the first only.
      if (race.signal.aborted) channel.destroy(late);
      resolve(channel);
      race.abort(late);
    };
    const lose = (error: unknown) => {
      if (race.signal.aborted) {
        clearTimeout(next);
        return reject(mostTelling([asP2pimgError(race.signal.reason), ...errors]));
      }
      errors.push(asP2pimgError(error));
      if (errors.length === options.addresses.length) reject(mostTelling(errors));
      else start();
    };
    if (waiting.length === 0) reject(lost('', 'no address'));
    else start();
  });
}

/** Somebody who is there and is wrong says more than nobody being elsewhere. */
function mostTelling(errors: readonly P2pimgError[]): P2pimgError {
  const [first = lost('', 'no address')] = errors;
  const telling = errors.find(({ code }) => code !== 'PEER_LOST') ?? first;
  return telling.with({ tried: errors.map(({ facts }) => `${facts.address}: ${facts.reason}`) });
}

function interrupted(reason: unknown): P2pimgError {
  if (reason instanceof P2pimgError) return reason;
  return new P2pimgError('INTERRUPTED', 'dialling was interrupted', {}, reason);
}
