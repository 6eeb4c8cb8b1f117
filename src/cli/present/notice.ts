import type { AgentNotice } from '../../control/options.js';
import type { Terminal } from '../terminal.js';
import { arrivalText } from './arrivals.js';
import { clean } from './clean.js';
import { rowLines } from './rows.js';
import { engineText, teamText } from './status.js';
import { count } from './units.js';

/** What an agent in the foreground tells, as lines. */
export function noticeLines(notice: AgentNotice, terminal: Terminal): string[] {
  const show = (text: string) => terminal.symbols.text(clean(text));
  switch (notice.type) {
    case 'ready': {
      const { status, socket } = notice;
      const port = status.port === undefined ? '' : ` on port ${status.port}`;
      return [
        `${terminal.colours.bold(show(status.name))}  p2pimg ${show(status.version)} listens${port}`,
        ...rowLines(
          [
            ['engine', show(engineText(status.engine))],
            ['team', show(teamText(status))],
            ['answers', show(`at ${socket}`)],
          ],
          terminal,
        ),
      ];
    }
    case 'team':
      return rowLines(
        [
          ['new team', show(`made for this device, which was in none: ${notice.tag}`)],
          ['invite', show('p2pimg team show, for a colleague; or join one: p2pimg team join')],
        ],
        terminal,
      );
    case 'engine':
      return rowLines([['engine', show(engineText(notice.engine))]], terminal);
    case 'asking':
      return rowLines(
        [
          [
            'sent',
            show(`${arrivalText(notice.arrival, Date.now())}: p2pimg accept ${notice.arrival.number}`),
          ],
        ],
        terminal,
      );
    case 'stopping':
      return notice.uploads === 0 ? [] : [`stopping; ${count(notice.uploads, 'upload')} cut off`];
    case 'trouble':
      return rowLines([['trouble', show(notice.message)]], terminal);
  }
}
