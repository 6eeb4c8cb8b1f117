import type { ListReport, ListRow } from '../control/api.js';
import { globMatcher } from '../image/glob.js';

/** Which rows of `ls` are asked for; all where nothing is said. */
export interface RowFilter {
  /** A pattern of the familiar reference. */
  readonly pattern?: string | undefined;
  /** Of which an image made earlier has the name here. */
  readonly outdated?: true;
  /** Which are not here, under whatever name. */
  readonly missing?: true;
  /** Which this peer has: its name, or the first digits of its ID. */
  readonly from?: string | undefined;
}

/** The report with only the rows that were asked for. */
export function selectRows(report: ListReport, { pattern, outdated, missing, from }: RowFilter): ListReport {
  const matches = pattern === undefined ? () => true : globMatcher(pattern);
  const isAsked = ({ reference, here, other, peers }: ListRow): boolean =>
    (pattern === undefined || (reference !== undefined && matches(reference))) &&
    (!outdated || (here === 'other' && other?.older === true)) &&
    (!missing || here === 'no') &&
    (from === undefined ||
      peers.some(({ name, id }) => name === from || (from.length >= 6 && id.startsWith(from))));
  return { ...report, images: report.images.filter(isAsked) };
}
