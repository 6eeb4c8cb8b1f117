import { type Peer, showEndpoint } from '../discovery/peer.js';
import { asP2pimgError, P2pimgError } from '../error.js';
import type { WebSocketChannel } from '../net/channel.js';
import { dial } from '../net/dial.js';
import type { Team } from '../trust/team.js';
import type { Channel } from '../wire/channel.js';
import type { Device } from './device.js';

const dialTimeoutMs = 3_000;

/** Whom to dial: which team it is in, where that is known. */
export type Callee = Pick<Peer, 'peerId' | 'endpoints' | 'teamTag'>;

/** The connections that this device dialled, each with the team that it was proved by. */
export class Lines {
  readonly #device: Device;
  readonly #teams = new Map<Channel, Team>();

  constructor(device: Device) {
    this.#device = device;
  }

  /**
   * Connects to a peer by the team that it advertises. While a former team has its grace, and where it is not known which
   * one the peer is in, by one after the other. Throws `PEER_LOST`, `UNPROVED`, `REFUSED`.
   */
  async dial({ peerId, endpoints, teamTag }: Callee, signal: AbortSignal): Promise<Channel> {
    const { identity, teams } = this.#device;
    const { team, former } = teams;
    if (team === undefined)
      throw new P2pimgError('REFUSED', 'this device is in no team', { reason: 'this device is in no team' });
    const call = async (by: Team): Promise<WebSocketChannel> => {
      const addresses = endpoints.map(showEndpoint);
      const channel = await dial({
        addresses,
        identity,
        team: by,
        expect: peerId,
        signal,
        timeoutMs: dialTimeoutMs,
      });
      if (!teams.holds(by)) {
        const left = new P2pimgError('PEER_LOST', 'this device is no longer in that team');
        channel.destroy(left);
        throw left;
      }
      this.#teams.set(channel, by);
      void channel.over.then(() => this.#teams.delete(channel));
      return channel;
    };
    if (former === undefined) return call(team);
    const [first, second] = teamTag === former.tag ? [former, team] : [team, former];
    try {
      return await call(first);
    } catch (error) {
      if (asP2pimgError(error).code !== 'UNPROVED' || teamTag === team.tag) throw error;
      return call(second);
    }
  }

  /** Whether a connection stands on a team that this device is still in. */
  holds(channel: Channel): boolean {
    const team = this.#teams.get(channel);
    return team !== undefined && this.#device.teams.holds(team);
  }

  /** Cuts the connections that stand on a team that this device is no longer in. */
  cut(): void {
    for (const channel of this.#teams.keys())
      if (!this.holds(channel))
        channel.destroy(new P2pimgError('PEER_LOST', 'this device is no longer in that team'));
  }
}
