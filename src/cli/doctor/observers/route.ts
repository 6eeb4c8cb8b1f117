import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import type { SystemInterfaces } from '../../../discovery/interfaces.js';
import type { Route } from '../observations.js';

/** An address for documentation (RFC 5737): nothing is ever sent there, the system only says which way it would go. */
const elsewhere = '198.51.100.1';
const tunnel =
  /^(?:tun|wg|utun|ppp|tailscale|ipsec|zt|nordlynx|proton|gpd|cscotun)|vpn|wireguard|^Local Area Connection\*/i;

/** The tunnels that have an IPv4 address, and the interface that packets for elsewhere leave by. */
export async function observeRoute(system: SystemInterfaces = networkInterfaces()): Promise<Route> {
  const named = Object.entries(system).map(([name, infos = []]) => ({
    name,
    addresses: infos.filter(({ family }) => family === 'IPv4').map(({ address }) => address),
  }));
  const leaving = await leavingAddress();
  return {
    tunnels: named
      .filter(({ name, addresses }) => tunnel.test(name) && addresses.length > 0)
      .map(({ name }) => name),
    exit: named.find(({ addresses }) => leaving !== undefined && addresses.includes(leaving))?.name,
  };
}

/** Connecting a UDP socket sends nothing: it only has the system choose the address to send from. */
async function leavingAddress(): Promise<string | undefined> {
  const socket = createSocket('udp4');
  try {
    socket.connect(9, elsewhere);
    await once(socket, 'connect');
    return socket.address().address;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}
