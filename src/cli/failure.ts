import type { Facts } from './facts.js';

/** What a person reads of a failure: what happened, what is known about it, and what to do now. */
export interface Failure {
  readonly headline: string;
  /** Labels of at most nine letters. Rows whose text is not known are left out. */
  readonly rows: readonly (readonly [label: string, text: string])[];
  /** A sentence below, about something else that may be the reason. */
  readonly closing?: string | undefined;
}

/** The words for one code, filled in by the facts. */
export type Words = (facts: Facts) => {
  headline: string;
  rows?: readonly (readonly [label: string, text: string | undefined])[];
  closing?: string | undefined;
};

/** Some names in one row, and how many more there are; `undefined` for none. */
export function listed(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const most = 8;
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return names.slice(0, most).join(', ') + more;
}
