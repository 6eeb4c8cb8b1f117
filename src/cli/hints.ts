import type { AsidePeer } from '../control/api.js';
import { count } from './present/units.js';

/** Says that agents of other teams are here, and how to get into their team; nothing where there are none. */
export function otherTeamsSentence(otherTeams: number): string | undefined {
  if (otherTeams === 0) return undefined;
  const are = otherTeams === 1 ? 'is' : 'are';
  return `${count(otherTeams, 'agent')} of another team ${are} on this network; to join, ask a colleague for \`p2pimg team show\``;
}

/** What to do in a device that is in no team. */
export const noTeamSentence =
  "this device is in no team yet: p2pimg team create makes one, p2pimg team join enters a colleague's";

/** Where images are kept on a machine that has no container engine. */
export function embeddedStoreSentence(folder: string): string {
  return `no container engine on this machine: images are kept in the embedded store, ${folder}`;
}

/** Who was caught in a lie, by what, and until when nothing is got from it; in the local time of day, with the day where it is another. */
export function asideSentence({ name, code, until }: AsidePeer): string {
  const end = new Date(until);
  const day = end.toDateString() === new Date().toDateString() ? '' : `${end.toLocaleDateString('en-CA')} `;
  const time = end.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return `${name} sent something else than it said (${code}): nothing is got from it until ${day}${time}`;
}
