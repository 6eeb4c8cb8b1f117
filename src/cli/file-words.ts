import type { Facts } from './facts.js';

/** What stays of something that failed. */
export const nothingKept = 'nothing of it';

/** The rows that say what came, and what was wanted. */
export function gotAndWanted(facts: Facts): [string, string | undefined][] {
  return [
    ['got', facts.text('got')],
    ['wanted', facts.text('wanted', 'want')],
  ];
}

/** What a person reads of a file that is cut short, damaged, or something else than an archive of images. */
export function unsoundFile(facts: Facts) {
  return {
    headline: `${facts.text('file')} is not a sound archive of images`,
    rows: [
      ...gotAndWanted(facts),
      ['because', facts.message],
      ['kept', nothingKept],
      ['try', 'the file once more from where it comes from: it may be cut short'],
    ] as const,
  };
}
