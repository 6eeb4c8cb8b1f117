import type { StatusReport, TeamReport } from '../../control/api.js';
import type { Terminal } from '../terminal.js';
import { clean } from './clean.js';
import { rowLines } from './rows.js';
import { engineText, teamText } from './status.js';
import { inviteLines } from './team.js';
import { count } from './units.js';

/** What `up` came to. `agent`: it ran already, or runs as a service now, or in the background until the machine stops. */
export interface UpReport {
  readonly agent: 'running' | 'service' | 'background';
  readonly status: StatusReport;
  readonly team: TeamReport;
  /** Whether it was entered by an invite. */
  readonly joined: boolean;
}

const agents: Readonly<Record<UpReport['agent'], string>> = {
  running: 'was running already',
  service: 'runs as a service, and starts at each login',
  background: 'runs in the background until this machine stops; p2pimg service install makes it a service',
};

/** `p2pimg up` for a person: what is shared with whom, and what a colleague types. */
export function upLines({ agent, status, team, joined }: UpReport, terminal: Terminal): string[] {
  const { colours, symbols } = terminal;
  const show = (text: string) => symbols.text(clean(text));
  const images = status.shared ?? 0;
  return [
    `${colours.green(symbols.done)} ${show(status.name)} shares ${count(images, 'image')} with team ${show(team.tag)}`,
    ...rowLines(
      [
        ['agent', agents[agent]],
        ['engine', show(engineText(status.engine))],
        ['team', show(teamText(status))],
        ['next', 'p2pimg ls shows what colleagues have; p2pimg get <image> brings it'],
      ],
      terminal,
    ),
    ...(joined ? [] : inviteLines(team, terminal, 'p2pimg up -')),
  ];
}
