import type { ServiceStatus } from '../../service/port.js';
import type { Terminal } from '../terminal.js';
import { clean } from './clean.js';
import { type Row, rowLines } from './rows.js';

/** What was done with the service. */
export type ServiceDeed = 'install' | 'uninstall' | 'start' | 'stop' | 'status';

/** `p2pimg service …` for a person: how the service is now. */
export function serviceLines(deed: ServiceDeed, status: ServiceStatus, terminal: Terminal): string[] {
  const { colours, symbols } = terminal;
  const show = (text: string) => symbols.text(clean(text));
  const sentence = show(stateText(status));
  const head = deed === 'status' ? colours.bold(sentence) : `${colours.green(symbols.done)} ${sentence}`;
  return [
    head,
    ...rowLines(
      rowsOf(status).map(([label, text]) => [label, show(text)]),
      terminal,
    ),
  ];
}

function stateText({ state, atLogin }: ServiceStatus): string {
  const next = atLogin ? ', and starts at each login' : '';
  switch (state) {
    case 'absent':
      return 'no service is installed';
    case 'stopped':
      return `the service is stopped${next}`;
    case 'starting':
      return `the service is starting${next}`;
    case 'running':
      return `the agent runs as a service${next}`;
    case 'failed':
      return `the service failed${next}`;
  }
}

function rowsOf({ state, by, file, pid, reason }: ServiceStatus): Row[] {
  if (state === 'absent') return [['try', 'p2pimg service install']];
  return [
    ['by', by],
    ...(file === undefined ? [] : [['file', file] as const]),
    ...(pid === undefined ? [] : [['pid', String(pid)] as const]),
    ...(reason === undefined ? [] : [['because', reason] as const]),
    ...(state === 'failed' ? [['try', 'p2pimg service logs'] as const] : []),
  ];
}
