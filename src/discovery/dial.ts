import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { isOnLink, type LanInterface } from './interfaces.js';

/** How many addresses of one peer are kept. */
export const maximumAddresses = 8;

/** Apart from each other, as a BlockList takes an IPv4 address for its IPv4-mapped form too. */
const nowhere = { 4: new BlockList(), 6: new BlockList() };
nowhere[4].addSubnet('0.0.0.0', 8, 'ipv4');
nowhere[4].addSubnet('127.0.0.0', 8, 'ipv4');
nowhere[4].addSubnet('224.0.0.0', 3, 'ipv4');
nowhere[6].addSubnet('::', 127, 'ipv6');
nowhere[6].addSubnet('::ffff:0:0', 96, 'ipv6');
nowhere[6].addSubnet('fe80::', 10, 'ipv6');
nowhere[6].addSubnet('ff00::', 8, 'ipv6');

/**
 * In which order to dial: the packet's sender, then claimed addresses in a subnet of ours, then the rest. Claims of
 * loopback, multicast, and IPv6 link-local addresses (useless without a scope) are dropped.
 */
export function dialAddresses(
  sender: string,
  claimed: readonly unknown[],
  own: readonly LanInterface[],
): readonly string[] {
  const usable = claimed.filter(
    (address): address is string => typeof address === 'string' && isUsable(address),
  );
  const isNear = (address: string): boolean => own.some((one) => isOnLink(one, address));
  const ordered = [sender, ...usable.filter(isNear), ...usable.filter((address) => !isNear(address))];
  return [...new Set(ordered)].slice(0, maximumAddresses);
}

function isUsable(address: string): boolean {
  if (isIPv4(address)) return !nowhere[4].check(address, 'ipv4');
  return isIPv6(address) && !nowhere[6].check(address, 'ipv6');
}
