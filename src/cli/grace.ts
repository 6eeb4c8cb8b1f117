import { longestGraceSeconds } from '../control/grace.js';
import { P2pimgError } from '../error.js';

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Parses `90s`, `30m`, `12h` or `7d` as seconds, up to 30 days; 0 where there is none. Throws `USAGE`. */
export function parseGrace(text: string | undefined): number {
  if (text === undefined) return 0;
  const [, number, unit = ''] = /^([1-9]\d{0,6}) ?([smhd])$/i.exec(text) ?? [];
  const seconds = Number(number) * (units[unit.toLowerCase()] ?? 0);
  if (number === undefined || seconds > longestGraceSeconds)
    throw new P2pimgError('USAGE', `"${text}" is no time of up to 30 days`, {
      try: '--grace 30m, 12h or 7d',
    });
  return seconds;
}
