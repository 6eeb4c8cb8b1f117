import { P2pimgError } from '../error.js';

const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
const least = 100_000;

/** Parses `30MB/s`, `500kB`, `1.5G` or `100Mbit/s` as whole bytes a second; throws `USAGE`, also for less than 100 kB/s. */
export function parseRate(text: string): number {
  const [, number, prefix = '', unit = ''] =
    /^(\d+(?:\.\d+)?) ?([kmg]?)(b|bit)?(?:\/s|ps)?$/i.exec(text) ?? [];
  const factor = factors[prefix.toLowerCase()] ?? 1;
  const rate = Math.round((Number(number) * factor) / (unit.toLowerCase() === 'bit' ? 8 : 1));
  if (number === undefined || !Number.isSafeInteger(rate))
    throw new P2pimgError('USAGE', `"${text}" is no rate`, { try: '30MB/s, 500kB/s, 100Mbit/s, or off' });
  if (rate < least)
    throw new P2pimgError('USAGE', `${text} is too slow: the least is 100 kB/s`, {
      try: '100kB/s, or p2pimg pause',
    });
  return rate;
}
