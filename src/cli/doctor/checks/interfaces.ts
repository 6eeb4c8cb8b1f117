import { nameByAddress } from '../advice.js';
import { type Check, fail, ok } from '../finding.js';

/** Whether this machine is on a network of the kind that peers are found on. */
export const interfaces: Check = ({ interfaces: found, route }) => {
  if (found.length > 0) return ok(found.map(({ name, address }) => `${name} ${address}`).join(', '));
  if (route.tunnels.length > 0)
    return fail(
      `there is only a VPN (${route.tunnels.join(', ')}), and no local network`,
      'multicast does not cross a VPN, so nobody is found by it',
      'connect to the network on which the colleagues are',
      nameByAddress,
    );
  return fail(
    'no interface is on a local network (IPv4)',
    'nobody can be found, and nobody finds this machine',
    'connect to the network on which the colleagues are',
    'or name an interface: --interface, or "interfaces" in config.json',
  );
};
