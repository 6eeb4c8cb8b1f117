import type { ErrorCode, P2pimgError } from '../error.js';
import { deviceWords } from './device-words.js';
import { Facts } from './facts.js';
import { type Failure, listed, type Words } from './failure.js';
import { gotAndWanted, nothingKept, unsoundFile } from './file-words.js';
import { otherTeamsSentence } from './hints.js';
import { size } from './present/units.js';

const otherPeer = 'p2pimg ls shows who else has it; --from <peer> takes it from there';

/** The words for an error, by its code; the facts fill them in. What comes from elsewhere is not yet cleaned. */
export function describeFailure(error: P2pimgError): Failure {
  const known = Object.hasOwn(words, error.code) ? words[error.code] : words.UNEXPECTED;
  const { headline, rows = [], closing } = known(new Facts(error));
  return { headline, rows: rows.filter((row): row is [string, string] => !!row[1]), closing };
}

const words: Readonly<Record<ErrorCode, Words>> = {
  ...deviceWords,
  USAGE: (facts) => ({
    headline: facts.message,
    rows: [['try', facts.text('try') ?? 'p2pimg --help']],
  }),
  REFERENCE_INVALID: (facts) => ({
    headline: `"${facts.text('reference', 'image') ?? ''}" names no image: ${facts.text('why') ?? facts.message}`,
    rows: [['try', 'a name such as team/app:2, or an image ID']],
  }),
  PLATFORM_INVALID: (facts) => ({
    headline: `"${facts.text('platform') ?? ''}" is not a platform`,
    rows: [['try', 'os/architecture, such as linux/amd64 or linux/arm64']],
  }),
  INVITE_INVALID: (facts) => ({
    headline: `this is not an invite: ${facts.text('why', 'reason') ?? facts.message}`,
    rows: [['try', "the whole invite, as p2pimg team show prints it at your colleague's"]],
  }),
  SELECTOR_AMBIGUOUS: (facts) => ({
    headline: `${facts.text('peer', 'image', 'reference', 'from') ?? 'this'} could mean several`,
    rows: [
      ['could be', listed(facts.list('candidates'))],
      ['try', facts.text('try') ?? 'more digits, or the whole name'],
    ],
  }),
  NOBODY_HAS_IT: (facts) => {
    const from = facts.text('from', 'peer');
    const asked = facts.list('asked');
    const [similar] = facts.list('similar');
    return {
      headline: from ? `${from} does not have ${facts.image}` : `nobody on this network has ${facts.image}`,
      rows: [
        ['asked', listed(asked) ?? (from ? undefined : 'nobody: no peer of your team is here')],
        ['set aside', listed(facts.list('aside'))],
        ['like it', listed(facts.list('similar'))],
        ['registry', facts.text('pull')],
        ['try', tryInstead(facts, asked, from, similar)],
      ],
      closing: otherTeamsSentence(facts.number('otherTeams')),
    };
  },
  PEER_UNKNOWN: (facts) => ({
    headline: `no peer ${facts.peer} of your team is on this network`,
    rows: [
      ['here', listed(facts.list('peers')) ?? 'nobody'],
      ['try', facts.text('try') ?? 'p2pimg peers, or without --from'],
    ],
    closing: otherTeamsSentence(facts.number('otherTeams')),
  }),
  OTHER_PLATFORM: (facts) => ({
    headline: `${facts.image} is there, but not for ${facts.text('platform') ?? 'this platform'}`,
    rows: [
      ['at', facts.text('peer')],
      ['there is', listed(facts.list('offered'))],
      ['registry', facts.text('pull')],
      [
        'try',
        facts.list('offered')[0] ? `--platform ${facts.list('offered')[0]}` : '--platform os/architecture',
      ],
    ],
  }),
  PEER_LOST: (facts) => ({
    headline: `${facts.peer} was lost in the middle of ${facts.image}`,
    rows: [
      ['came', facts.number('received') > 0 ? size(facts.number('received')) : undefined],
      ['because', facts.text('reason') ?? facts.cause],
      ['kept', nothingKept],
      ['try', 'once more, when it is back'],
    ],
  }),
  DIGEST_INVALID: unproved('named something by what is no digest'),
  DIGEST_MISMATCH: unproved('sent something else than it said'),
  SIZE_MISMATCH: unproved('sent more or less than it said'),
  BLOB_MISSING: unproved('did not send all of it'),
  BLOB_UNWANTED: unproved('sent what nobody asked for'),
  MANIFEST_INVALID: unproved('sent a manifest that does not hold'),
  IMAGE_CONFIG_INVALID: unproved('sent an image config that does not hold'),
  ARCHIVE_INVALID: unproved('sent an archive that does not hold'),
  IMPORT_UNPROVED: (facts) =>
    facts.text('file')
      ? unsoundFile(facts)
      : {
          headline: `${facts.image} was loaded, but is not what ${facts.peer} offered`,
          rows: [
            ...gotAndWanted(facts),
            ['because', facts.message],
            ['kept', nothingKept],
            ['try', otherPeer],
          ],
        },
  PROTOCOL_VIOLATION: (facts) => ({
    headline: `${facts.peer} speaks otherwise than agreed: ${facts.message}`,
    rows: [['try', 'the same version of p2pimg on both sides (p2pimg --version)']],
  }),
  ENGINE_UNREACHABLE: (facts) => ({
    headline: `no container engine answers${at(facts.text('address'))}`,
    rows: [
      ['looked at', listed(facts.list('tried'))],
      ['because', facts.text('reason')],
      ['try', 'start Docker or Podman, or name an engine with --engine'],
    ],
  }),
  ENGINE_DENIED: (facts) => ({
    headline: `you may not use the container engine${at(facts.text('address'))}`,
    rows: [['try', 'ask for the right to use it (Docker: the group docker), or name another with --engine']],
  }),
  ENGINE_FAILED: (facts) => ({
    headline: `the container engine failed: ${facts.message}`,
    rows: [
      ['image', facts.text('image', 'reference')],
      ['engine', facts.text('address', 'folder')],
      ['try', 'once more; if it stays, look at what the engine itself logs'],
    ],
  }),
  IMAGE_UNKNOWN: (facts) => ({
    headline: facts.text('engine')
      ? `${facts.text('engine')} does not have ${facts.image}`
      : `${facts.image} is not there any more`,
    rows: [
      ['at', facts.text('peer')],
      ['try', facts.text('engine') ? 'docker images shows what it has' : 'p2pimg ls shows what is there now'],
    ],
  }),
  REFUSED: (facts) => ({
    headline: facts.text('by') === undefined ? `${facts.peer} refuses ${facts.image}` : facts.message,
    rows: [
      ['because', facts.text('reason', 'why') ?? facts.message],
      ['try', facts.text('try') ?? 'another peer with --from, or ask its owner'],
    ],
  }),
  UNPROVED: (facts) => ({
    headline: `${facts.peer} did not prove to be in your team`,
    rows: [
      ['because', facts.text('reason', 'why') ?? facts.cause],
      ['try', 'p2pimg team show on both sides: the teams must be the same'],
    ],
  }),
  INTERRUPTED: (facts) => ({
    headline: facts.text('image') ? `interrupted; nothing of ${facts.image} was kept` : 'interrupted',
  }),
  UNEXPECTED: (facts) =>
    facts.text('agent') === 'lost'
      ? {
          headline: 'the agent on this device went away in the middle of it',
          rows: [
            ['about', facts.text('image')],
            ['try', 'once more; p2pimg status tells whether the agent runs'],
          ],
        }
      : {
          headline: `something unexpected happened: ${facts.message}`,
          rows: [
            ['about', facts.text('image', 'reference')],
            ['because', facts.cause === facts.message ? undefined : facts.cause],
          ],
        },
};

function unproved(deed: string): Words {
  return (facts) =>
    facts.text('file')
      ? unsoundFile(facts)
      : {
          headline: `${facts.peer} ${deed}; ${facts.image} is not proved`,
          rows: [
            ...gotAndWanted(facts),
            ['because', facts.message],
            ['kept', nothingKept],
            ['try', otherPeer],
          ],
        };
}

function tryInstead(
  facts: Facts,
  asked: readonly string[],
  from: string | undefined,
  similar: string | undefined,
): string {
  if (facts.text('team') === 'none') return 'p2pimg team join with an invite: this device is in no team yet';
  if (similar !== undefined) return `p2pimg get ${similar}`;
  if (from !== undefined) return 'p2pimg get without --from, to ask everybody';
  if (asked.length > 0 && facts.text('pull') === undefined)
    return 'p2pimg ls shows what is there; --or-pull takes it from its registry';
  return asked.length > 0 ? 'p2pimg ls shows what is there' : 'p2pimg agent on the machine that has it';
}

function at(address: string | undefined): string {
  return address === undefined ? '' : ` at ${address}`;
}
