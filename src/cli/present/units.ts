const sizeUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;
const year = 365 * day;
/** Builders that want the same bytes each time write a date long before containers. */
const firstBelievable = Date.UTC(2000, 0, 1);

/** A size in decimal units with three significant digits: `25.1 MB`, `757 MB`, `1.23 GB`. */
export function size(bytes: number): string {
  const { exponent, digits } = scale(bytes);
  return `${(bytes / 1000 ** exponent).toFixed(digits)} ${sizeUnits[exponent]}`;
}

/** A part of a total in the total's unit, so that the width stays: `16.2` of `25.1 MB`. */
export function sizeOf(part: number, total: number): string {
  const { exponent, digits } = scale(total);
  return (part / 1000 ** exponent).toFixed(digits);
}

function scale(bytes: number): { exponent: number; digits: number } {
  let exponent = 0;
  // 999.6 kB would be shown as 1000 kB
  while (exponent < sizeUnits.length - 1 && Math.round(bytes / 1000 ** exponent) >= 1000) exponent++;
  if (exponent === 0) return { exponent, digits: 0 };
  const shown = bytes / 1000 ** exponent;
  return { exponent, digits: shown < 9.995 ? 2 : shown < 99.95 ? 1 : 0 };
}

/** Bytes a second: `61.0 MB/s`. */
export function rate(bytesPerSecond: number): string {
  return `${size(bytesPerSecond)}/s`;
}

/** How long ago, in one unit: `40 s`, `12 min`, `2 h`, `3 d`, `5 w`, `2 y`; nothing where the date tells nothing. */
export function age(rfc3339: string | undefined, now: number): string | undefined {
  const then = rfc3339 === undefined ? Number.NaN : Date.parse(rfc3339);
  if (Number.isNaN(then) || then < firstBelievable) return undefined;
  const seconds = Math.max(0, (now - then) / 1000);
  if (seconds < minute) return `${Math.floor(seconds)} s`;
  if (seconds < hour) return `${Math.floor(seconds / minute)} min`;
  if (seconds < 2 * day) return `${Math.floor(seconds / hour)} h`;
  if (seconds < 2 * week) return `${Math.floor(seconds / day)} d`;
  if (seconds < 2 * year) return `${Math.floor(seconds / week)} w`;
  return `${Math.floor(seconds / year)} y`;
}

/** How long something took: `0.4 s`, `1.4 s`, `48 s`, `3 min 12 s`, `1 h 4 min`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < minute) return `${whole} s`;
  if (whole < hour) return `${Math.floor(whole / minute)} min ${whole % minute} s`;
  return `${Math.floor(whole / hour)} h ${Math.floor((whole % hour) / minute)} min`;
}

/** A time to come, as a clock: `0:07`, `12:34`, `1:02:33`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** `1 layer`, `4 layers` */
export function count(n: number, one: string, several = `${one}s`): string {
  return `${n} ${n === 1 ? one : several}`;
}
