import { type Check, fail, ok, warning } from '../finding.js';

/** Whether the peers speak the same protocol, and are of the same version. */
export const versions: Check = ({ answers, hearings, version, protocol }) => {
  if (answers.by === 'nobody') return undefined;
  const { status, peers } = answers;
  const ours = status.running ? status.version : version;
  const tag = status.team?.tag;
  const foreign = new Map(
    hearings
      .flatMap(({ adverts }) => adverts)
      .filter(({ advert }) => advert.protocol !== protocol && tag !== undefined && advert.teamTag === tag)
      .map(({ advert }) => [advert.peerId, `${advert.name} (protocol ${advert.protocol})`]),
  );
  if (foreign.size > 0)
    return fail(
      `${[...foreign.values()].join(', ')}: not protocol ${protocol}, which this device speaks`,
      'these two cannot give each other images',
      'bring the older one up to date: p2pimg --version on both sides',
    );
  const others = peers.peers.filter(({ version: theirs }) => theirs !== undefined && theirs !== ours);
  if (others.length > 0)
    return warning(
      `this is ${ours}; ${others.map(({ name, version: theirs }) => `${name} has ${theirs}`).join(', ')}`,
      'they understand each other, but what is new in one of them is missing in the other',
      'bring the older ones up to date',
    );
  return peers.peers.length === 0 ? undefined : ok(`${ours}, as all peers`);
};
