/** One sample as it was read. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const help = new RegExp(`^# HELP (${name}) ((?:[^\\\\]|\\\\[\\\\n])+)$`);
const type = new RegExp(`^# TYPE (${name}) (counter|gauge)$`);
const sample = new RegExp(
  `^(${name})(?:\\{(${label}(?:,${label})*)\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)$`,
);

/**
 * Reads Prometheus' text form 0.0.4 as strictly as `promtool check metrics`: each family once, as HELP, TYPE and its
 * samples in one piece; counters end in `_total` and nothing else does; no sample twice. Throws for anything else.
 */
export function readExposition(text: string): ReadSample[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const samples: ReadSample[] = [];
  const seen = new Set<string>();
  let family: string | undefined;
  let kind: string | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const helped = help.exec(line)?.[1];
    if (helped !== undefined) {
      if (seen.has(helped)) throw new Error(`a second HELP of ${helped}`);
      seen.add(helped);
      [family, kind] = [helped, undefined];
      continue;
    }
    const [, typed, what] = type.exec(line) ?? [];
    if (typed !== undefined) {
      if (typed !== family || kind !== undefined) throw new Error(`a TYPE out of place: ${line}`);
      if ((what === 'counter') !== typed.endsWith('_total')) throw new Error(`a ${what} called ${typed}`);
      kind = what;
      continue;
    }
    const [, named, labels = '', value] = sample.exec(line) ?? [];
    if (named === undefined) throw new Error(`not a line of the form: ${line}`);
    if (named !== family || kind === undefined) throw new Error(`a sample out of place: ${line}`);
    const key = `${named}{${labels}}`;
    if (seen.has(key)) throw new Error(`a sample twice: ${key}`);
    seen.add(key);
    if (kind === 'counter' && Number(value) < 0) throw new Error(`a counter below 0: ${line}`);
    samples.push({ name: named, labels: readLabels(labels), value: Number(value) });
  }
  return samples;
}

function readLabels(text: string): Record<string, string> {
  const pairs = text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g);
  return Object.fromEntries(
    [...pairs].map(([, key = '', value = '']) => [
      key,
      value.replace(/\\(.)/g, (_all, letter) => (letter === 'n' ? '\n' : letter)),
    ]),
  );
}
