import { nameByAddress } from '../advice.js';
import { type Check, ok, warning } from '../finding.js';

/** Whether the network itself may be keeping its machines apart: multicast works here, and nobody else is heard. */
export const isolation: Check = ({ hearings, answers }) => {
  const sound = hearings.filter(({ failure, itself }) => failure === undefined && itself);
  if (sound.length === 0 || answers.by === 'nobody') return undefined;
  if (sound.some(({ others }) => others.length > 0)) return ok('others on this network are heard');
  const peers = answers.status.peers;
  if (peers > 0)
    return warning(
      'peers answer by their address, but no multicast of any other machine is heard',
      'the network probably drops multicast between its machines, so that peers are not found by themselves',
      'ask who runs the network to let multicast (IGMP snooping, UDP 5353) through',
      nameByAddress,
    );
  return warning(
    'nothing of any other machine was heard',
    'either nobody else is on this network, or it keeps its machines apart: suspected are client isolation of a wireless access point, a guest network, or a switch that drops multicast',
    'if a colleague is on this very network, ping that machine: no answer means isolation, so use another network or ask for it to be turned off',
    nameByAddress,
  );
};
