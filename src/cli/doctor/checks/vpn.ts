import { nameByAddress } from '../advice.js';
import { type Check, ok, warning } from '../finding.js';

/** Whether a VPN takes the packets that should stay on the local network. */
export const vpn: Check = ({ route: { tunnels, exit }, interfaces }) => {
  if (tunnels.length === 0 || interfaces.length === 0) return undefined;
  if (exit === undefined || !tunnels.includes(exit))
    return ok(`${tunnels.join(', ')}, beside the local network`);
  return warning(
    `all that leaves this network goes through the VPN ${exit}`,
    'some VPNs forbid the local network too, so that peers are seen but cannot be reached, or not seen',
    'if peers are missing, let the VPN allow the local network (often called split tunnel or LAN access)',
    nameByAddress,
  );
};
