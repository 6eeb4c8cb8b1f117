import type { Advert } from '../../../discovery/advert.js';
import type { HeardAdvert } from '../../../discovery/hearing.js';
import { newIdentity } from '../advice.js';
import { type Check, fail, ok } from '../finding.js';
import type { Observations } from '../observations.js';

/**
 * Whether two agents say that they are the same device, as those of a copied disk do. One agent on two interfaces is
 * none of them: it names all its addresses on each. Nor is what a repeater sends on: it names the agent's own.
 */
export const identity: Check = (seen) => {
  const { hearings, answers, platform, identityFile } = seen;
  if (answers.by === 'nobody') return undefined;
  const { peerId } = answers.status;
  const twins = doubles(hearings.flatMap(({ adverts }) => adverts));
  const ours = strangersWithOurId(seen);
  const todo = [
    'on the machine that is the copy, stop the agent: p2pimg service stop',
    `there: ${newIdentity(platform, identityFile)}`,
    'and start it: p2pimg service start. It makes itself a new key then, and stays in its team',
  ];
  const means =
    'one of them is a copy of the other (a cloned disk, a restored backup, a copied home folder); peers take them for one, and reach now this, now that';
  if (ours.length > 0)
    return fail(`another agent has this device's identity: ${[...new Set(ours)].join(', ')}`, means, ...todo);
  const [pair] = [...twins.entries()].filter(([id]) => id !== peerId);
  if (pair !== undefined)
    return fail(`two agents have one identity: ${[...pair[1]].join(' and ')}`, means, ...todo);
  return ok(`${peerId.slice(0, 12)}, on no other machine that is heard`);
};

/** Those that advertise this device's ID, but neither one of its addresses, or another port than its agent's. */
function strangersWithOurId({ hearings, answers, interfaces }: Observations): string[] {
  if (answers.by === 'nobody') return [];
  const { peerId, port, running } = answers.status;
  const own = new Set(interfaces.map(({ address }) => address));
  return hearings
    .flatMap(({ adverts }) => adverts)
    .filter(({ advert }) => advert.peerId === peerId)
    .filter(
      ({ advert }) =>
        !advert.addresses.some((address) => own.has(address)) || (running && advert.port !== port),
    )
    .map(placeOf);
}

/** For each ID, the agents that advertise it and have nothing in common: no address, or not the port. */
function doubles(heard: readonly HeardAdvert[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [index, one] of heard.entries())
    for (const other of heard.slice(index + 1)) {
      if (one.advert.peerId !== other.advert.peerId || isOneAgent(one.advert, other.advert)) continue;
      const places = found.get(one.advert.peerId) ?? new Set();
      found.set(one.advert.peerId, places.add(placeOf(one)).add(placeOf(other)));
    }
  return found;
}

const isOneAgent = (one: Advert, other: Advert): boolean =>
  one.port === other.port && one.addresses.some((address) => other.addresses.includes(address));

const placeOf = ({ sender, advert }: HeardAdvert): string => `${advert.name} at ${sender}:${advert.port}`;
