import type { Random } from './random.js';

/** Values that a parser may not have thought of. */
const strange: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e308,
  2 ** 53,
  -(2 ** 53),
  Number.MAX_SAFE_INTEGER,
  '',
  '\u0000',
  '\u001b[2J',
  '\u202e',
  '\ud800',
  'x'.repeat(64),
  'x'.repeat(513),
  'x'.repeat(5000),
  '../../etc/passwd',
  `sha256:${'0'.repeat(64)}`,
  `sha256:${'A'.repeat(64)}`,
  'sha512:',
  [],
  {},
  [[]],
  [null],
  { type: 'hello' },
];
const strangeKeys = ['__proto__', 'constructor', 'toString', 'type', 'length', '', 'then', '0'];

interface Place {
  readonly parent: Record<string, unknown>;
  readonly key: string;
}

/** The same JSON with one to three of its values or keys changed; `undefined` for what is no JSON, or holds nothing. */
export function mutateJson(text: string, random: Random): string | undefined {
  try {
    const root: { root: unknown } = { root: JSON.parse(text) };
    const changes = 1 + random.below(3);
    // Only the last may grow it much: three that do would make hundreds of megabytes.
    for (let left = changes; left > 0; left -= 1) change(root, random, left === 1 ? 200 : 2);
    return JSON.stringify(root.root);
  } catch {
    return undefined; // it is no JSON; or it came to hold itself, or to be deeper than it can be written
  }
}

function change(root: Record<string, unknown>, random: Random, most: number): void {
  const places = placesIn(root);
  const { parent, key } = random.of(places);
  const value = parent[key];
  switch (random.below(8)) {
    case 0:
      if (parent !== root) delete parent[key];
      return;
    case 1:
      set(parent, key, copyOf(random.of(places), random));
      return;
    case 2:
      if (Array.isArray(value) && value.length > 0)
        set(parent, key, [
          ...value,
          ...Array.from({ length: 1 + random.below(most) }, () => random.of(value)),
        ]);
      return;
    case 3:
      set(parent, key, nested(value, 1 + random.below(random.onceIn(8) ? 15 * most : 8), random));
      return;
    case 4:
      if (typeof value === 'object' && value !== null)
        set(value as Record<string, unknown>, random.of(strangeKeys), strangeValue(random));
      return;
    case 5:
      if (typeof value === 'string') set(parent, key, spoiled(value, random));
      else if (typeof value === 'number')
        set(parent, key, value + random.of([-1, 1, 0.1, 2 ** 40, Number.NaN]));
      return;
    case 6:
      set(parent, random.of(strangeKeys), value);
      return;
    default:
      set(parent, key, strangeValue(random));
  }
}

/** As JSON.parse does it: `__proto__` too is a key like any other. */
function set(parent: Record<string, unknown>, key: string, value: unknown): void {
  if (Array.isArray(parent) && !/^\d+$/.test(key)) return;
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

const mostPlaces = 400;

function placesIn(root: Record<string, unknown>): Place[] {
  const found: Place[] = [];
  const left: Record<string, unknown>[] = [root];
  for (let parent = left.pop(); parent !== undefined && found.length < mostPlaces; parent = left.pop())
    for (const key of Object.keys(parent)) {
      found.push({ parent, key });
      const value = parent[key];
      if (typeof value === 'object' && value !== null) left.push(value as Record<string, unknown>);
    }
  return found;
}

/** A copy, so that no value comes to hold itself. */
function copyOf({ parent, key }: Place, random: Random): unknown {
  const text = JSON.stringify(parent[key]) ?? 'null';
  return text.length > 4096 ? strangeValue(random) : JSON.parse(text);
}

function nested(value: unknown, depth: number, random: Random): unknown {
  let around = value;
  const isList = random.onceIn(2);
  for (let left = depth; left > 0; left -= 1) around = isList ? [around] : { a: around };
  return around;
}

function spoiled(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const piece = random.of(['', ':', '/', '@', '\u0000', '\u001b', '"', ' ', 'A', '..', '\ud800', text]);
  return text.slice(0, at) + piece + text.slice(at + random.below(3));
}

function strangeValue(random: Random): unknown {
  return structuredClone(random.of(strange));
}
