import { isIPv6 } from 'node:net';
import { P2pimgError } from '../error.js';
import type { PeerId } from '../wire/peer-id.js';

/** Where to dial: an IP address or a host name, and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A peer that may be dialled: advertised by our team, or named by address, or both. */
export interface Peer {
  /** Absent for an address that was named and not reached yet. */
  readonly peerId: PeerId | undefined;
  /** To be shown: what it calls itself, else the address that was named. */
  readonly name: string;
  /** In the order in which to try them; at least one. */
  readonly endpoints: readonly Endpoint[];
  readonly how: 'advertised' | 'named' | 'advertised and named';
  /** `hinted`: an advert or a person says so. `proved`: a connection did. */
  readonly standing: 'hinted' | 'proved';
  /** The tag of the team that it advertises. */
  readonly teamTag?: string | undefined;
  /** Of its catalogue, as advertised. */
  readonly generation: number | undefined;
  readonly protocol: number | undefined;
  /** Milliseconds of the table's clock; when it was last heard of. */
  readonly lastSeen: number;
}

/** Parses `host:port`, `[IPv6]:port`; throws `USAGE`. */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([A-Za-z0-9._-]{1,253})):([0-9]{1,5})$/.exec(text);
  const [, v6, name, digits] = match ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  if (host === undefined || (v6 !== undefined && !isIPv6(v6)) || port < 1 || port > 65_535)
    throw new P2pimgError('USAGE', `not an address of a peer (host:port): ${text.slice(0, 300)}`);
  return { host, port };
}

/** `host:port`, with brackets around an IPv6 address. */
export function showEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
