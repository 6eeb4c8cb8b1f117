import type { ErrorCode } from '../error.js';
import { listed, type Words } from './failure.js';
import { nothingKept } from './file-words.js';
import { size } from './present/units.js';

/** The words for what is wrong with this device, its agent and its service. */
export const deviceWords = {
  TEAM_IN_USE: (facts) => ({
    headline: `this device is in a team already${facts.text('team', 'tag') ? `: ${facts.text('team', 'tag')}` : ''}`,
    rows: [
      ['with', listed(facts.list('members'))],
      ['try', 'the same with --replace, to leave that team'],
    ],
  }),
  NO_TEAM: () => ({
    headline: 'this device is in no team',
    rows: [['try', 'p2pimg team create, or p2pimg team join with an invite']],
  }),
  IMAGE_TOO_LARGE: (facts) => ({
    headline: `${facts.image} is too large: ${size(facts.number('announced'))} are announced`,
    rows: [
      [facts.text('bound') === 'disk' ? 'free' : 'allowed', size(facts.number('allowed'))],
      ['at', facts.text('peer')],
      [
        'try',
        facts.text('bound') === 'disk'
          ? 'make room on the disk, then once more'
          : 'maxImageSize in config.json is the bound; a larger one lets it in',
      ],
    ],
  }),
  NO_SPACE: (facts) => ({
    headline: `there is no space left for ${facts.image}`,
    rows: [
      ['where', facts.text('address', 'folder', 'path')],
      ['needs', facts.number('needed') > 0 ? size(facts.number('needed')) : undefined],
      ['free', facts.text('free') ? size(facts.number('free')) : undefined],
      ['kept', nothingKept],
      ['try', 'remove images that nobody needs (docker image prune), then once more'],
    ],
  }),
  AGENT_RUNNING: () => ({
    headline: 'an agent is running already',
    rows: [['try', 'p2pimg status shows it; stop it before you start another']],
  }),
  PORT_TAKEN: (facts) => ({
    headline: facts.text('port') ? `port ${facts.text('port')} is taken by another program` : facts.message,
    rows: [['try', '--port with another number, or --port 0 for any that is free']],
  }),
  SECRET_EXPOSED: (facts) => ({
    headline: `${facts.text('path', 'file', 'folder') ?? 'a secret'} is not safe to use: ${facts.text('why', 'reason') ?? facts.message}`,
    rows: [['try', facts.text('command') ?? 'make it yours alone (chown, chmod go=), and start again']],
  }),
  NO_SERVICE: (facts) => ({
    headline: 'nothing on this machine keeps services for its users',
    rows: [
      ['because', "this user's systemd does not answer (systemctl --user)"],
      ['try', facts.text('try') ?? 'p2pimg agent, which runs in the foreground'],
    ],
  }),
  SERVICE_FAILED: (facts) => ({
    headline: 'the agent could not be started or stopped as a service',
    rows: [
      ['command', facts.text('command')],
      ['because', facts.text('reason')],
      ['try', facts.text('try') ?? 'p2pimg service logs'],
    ],
  }),
  CONFIG_INVALID: (facts) => ({
    headline: `the configuration does not hold: ${facts.text('why', 'reason') ?? facts.message}`,
    rows: [
      ['where', facts.text('file', 'path', 'folder')],
      ['try', 'mend it there, and start again'],
    ],
  }),
} as const satisfies Partial<Readonly<Record<ErrorCode, Words>>>;
