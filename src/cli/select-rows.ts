import type { ListReport } from '../control/api.js';
import { globMatcher } from '../image/glob.js';

/** The report with only the images whose familiar reference the pattern matches; all without a pattern. */
export function selectRows(report: ListReport, pattern: string | undefined): ListReport {
  if (pattern === undefined) return report;
  const matches = globMatcher(pattern);
  return {
    ...report,
    images: report.images.filter(({ reference }) => reference !== undefined && matches(reference)),
  };
}
