import type { SettingsReport } from '../../control/api.js';
import type { Terminal } from '../terminal.js';
import { clean } from './clean.js';
import { type Row, rowLines } from './rows.js';
import { count, rate } from './units.js';

const most = 20;

/** `p2pimg share`, `hide`, `pause` and `resume` for a person: what the team may have now, and by which rules. */
export function sharingLines(report: SettingsReport, terminal: Terminal): string[] {
  const { sharing, paused, shared, hidden } = report;
  const { bold } = terminal.colours;
  const show = (text: string) => terminal.symbols.text(clean(text));
  const head = paused
    ? 'paused: nothing is shared until p2pimg resume'
    : `${count(shared.length, 'name')} shared, ${hidden.length} hidden`;
  const rules = sharing.map((rule): Row => {
    const [deed, pattern] =
      'share' in rule ? (['share', rule.share] as const) : (['hide', rule.hide] as const);
    return [deed, show(pattern)];
  });
  return [
    bold(head),
    ...rowLines(
      [
        [
          'by rule',
          sharing.length === 0 ? 'all that have a name are shared' : 'the last that fits a name holds',
        ],
        ...rules,
        ...(paused || shared.length === 0 ? [] : [['shared', show(listed(shared))] as const]),
        ...(paused || hidden.length === 0 ? [] : [['hidden', show(listed(hidden))] as const]),
      ],
      terminal,
    ),
  ];
}

/** `p2pimg limit` for a person. */
export function limitLines(report: SettingsReport, terminal: Terminal): string[] {
  const { uploads, uploadLimit, downloadLimit } = report;
  const limit = (bytes: number | undefined) => (bytes === undefined ? 'off' : rate(bytes));
  return rowLines(
    [
      ['up', limit(uploadLimit)],
      ['down', limit(downloadLimit)],
      ['uploads', `${uploads} at once`],
    ],
    terminal,
  );
}

function listed(names: readonly string[]): string {
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return names.slice(0, most).join(', ') + more;
}
