import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** What one file of `src` takes from others, and what it gives. Files are named from `src` on: `wire/frame.ts`. */
interface Module {
  readonly imports: readonly { readonly from: string; readonly what: 'types' | 'values' }[];
  readonly exports: readonly ('types' | 'values' | 'default')[];
}
type Modules = ReadonlyMap<string, Module>;

/** Lowest first; a file may import its own part and those before it. */
const parts = [
  ['bounded-map.ts', 'deadline.ts', 'error.ts', 'version.ts'],
  ['log'],
  ['image'],
  ['archive'],
  ['wire'],
  ['file'],
  ['engine'],
  ['trust'],
  ['net'],
  ['discovery'],
  ['transfer'],
  ['control'],
  ['service'],
  ['agent'],
  ['cli'],
];

/** The parts that touch no socket, no disk and no process, and all that they may take from outside. */
const pure: Readonly<Record<string, readonly string[]>> = {
  image: ['node:crypto', 'valibot'],
  archive: [
    'node:crypto',
    'node:stream',
    'node:zlib',
    'node:module',
    'tar-stream',
    'unbzip2-stream',
    'valibot',
  ],
  wire: [
    'node:crypto',
    'node:stream',
    'node:zlib',
    'node:module',
    'node:util',
    'valibot',
    '@toondepauw/node-zstd',
  ],
};

const partOf = (file: string): string => file.split('/', 1)[0] ?? file;
const rankOf = (file: string): number => parts.findIndex((names) => names.includes(partOf(file)));
const isOurs = (file: string): boolean => file.endsWith('.ts');
const adapterOf = (file: string): string | undefined => /^engine\/[^/]+(?=\/)/.exec(file)?.[0];

/** Every way in which modules break the design, as sentences; empty where they keep to it. */
function violations(modules: Modules): string[] {
  const found: string[] = [];
  for (const [file, { imports, exports }] of modules) {
    if (rankOf(file) < 0) found.push(`${file} is in no part of the design`);
    if (exports.includes('default')) found.push(`${file} has a default export`);
    for (const { from, what } of imports) {
      if (isOurs(from)) {
        if (rankOf(from) > rankOf(file)) found.push(`${file} imports upward: ${from}`);
        const adapter = adapterOf(from);
        if (adapter !== undefined && adapter !== adapterOf(file) && partOf(file) !== 'agent')
          found.push(`${file} names an adapter: ${from}`);
        if (partOf(file) === 'transfer' && partOf(from) === 'engine' && from !== 'engine/port.ts')
          found.push(`${file} sees more of an engine than its port: ${from}`);
      } else if (!(pure[partOf(file)]?.includes(packageOf(from)) ?? true))
        found.push(`${file} is pure, and imports ${from}`);
      if (file === 'control/api.ts' && what === 'values')
        found.push(`${file} imports more than types: ${from}`);
    }
    if (file === 'control/api.ts' && exports.includes('values'))
      found.push(`${file} exports more than types`);
  }
  return [...found, ...circles(modules).map((circle) => `a circle: ${circle.join(' → ')}`)];
}

/** `node:stream/promises` belongs to `node:stream`. */
const packageOf = (from: string): string => from.replace(/^(node:[^/]+|@[^/]+\/[^/]+|[^@/]+).*$/, '$1');

/** The circles that a walk from each file comes upon, types' imports too. */
function circles(modules: Modules): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (file: string, above: readonly string[]): void => {
    const at = above.indexOf(file);
    if (at >= 0) found.push([...above.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    for (const { from } of modules.get(file)?.imports ?? []) walk(from, [...above, file]);
    done.add(file);
  };
  for (const file of modules.keys()) walk(file, []);
  return found;
}

function parse(file: string, text: string): Module {
  const code = text.replace(/^\s*(?:\/\*[\s\S]*?\*\/|\/\/.*$)/gm, '');
  const resolve = (from: string) =>
    from.startsWith('.') ? path.posix.join(path.posix.dirname(file), from).replace(/\.js$/, '.ts') : from;
  const statements = code.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm);
  const calls = code.matchAll(/(?:\bimport|createRequire\(import\.meta\.url\))\(\s*'([^']+)'/g);
  const exported = code.matchAll(/^export\s+(default|type|interface|\{[^}]*\bas default\b)?/gm);
  return {
    imports: [
      ...[...statements].map(([, type, from = '']) => ({
        from: resolve(from),
        what: type === undefined ? ('values' as const) : ('types' as const),
      })),
      ...[...calls].map(([, from = '']) => ({ from: resolve(from), what: 'values' as const })),
    ],
    exports: [...exported].map(([, kind]) =>
      kind === 'type' || kind === 'interface' ? 'types' : kind === undefined ? 'values' : 'default',
    ),
  };
}

const root = fileURLToPath(new URL('..', import.meta.url));

function read(folder: string): ReadonlyMap<string, string> {
  const within = path.join(root, folder);
  const names = readdirSync(within, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return new Map(
    names.map((name) => [name.replaceAll('\\', '/'), readFileSync(path.join(within, name), 'utf8')]),
  );
}

const sources = read('src');
const modules: Modules = new Map([...sources].map(([file, text]) => [file, parse(file, text)]));

const made = (graph: Readonly<Record<string, string>>): string[] =>
  violations(new Map(Object.entries(graph).map(([file, text]) => [file, parse(file, text)])));

describe('the source', () => {
  it('keeps to the direction of imports, and to its ports', () => {
    expect(modules.size).toBeGreaterThan(100);
    expect(violations(modules)).toEqual([]);
  });

  it('is understood: every relative import leads to a file', () => {
    const wanted = [...modules.values()]
      .flatMap(({ imports }) => imports.map(({ from }) => from))
      .filter(isOurs);
    expect(wanted.length).toBeGreaterThan(500);
    expect(wanted.filter((file) => !modules.has(file))).toEqual([]);
    for (const [file, text] of sources) {
      const written = text.match(/^\s*(import|export)\b.*\bfrom '|^} from '|\bimport\('/gm) ?? [];
      expect([file, modules.get(file)?.imports.length]).toEqual([file, written.length + requires(text)]);
    }
  });

  it('has no file, and no test, that is too long to read at one go', () => {
    const long = ['src', 'test', 'bench'].flatMap((folder) =>
      [...read(folder)]
        .map(([file, text]) => ({ file: `${folder}/${file}`, lines: text.split('\n').length - 1 }))
        .filter(({ lines }) => lines > 280),
    );
    expect(long).toEqual([]);
  });

  it('has no file whose name says nothing', () => {
    const names = [...sources.keys(), ...read('test').keys(), ...read('bench').keys()].filter((file) =>
      path
        .basename(file)
        .split(/[-.]/)
        .some((word) => /^(utils?|helpers?|managers?)$/i.test(word)),
    );
    expect(names).toEqual([]);
  });
});

const requires = (text: string): number => text.match(/createRequire\(import\.meta\.url\)\('/g)?.length ?? 0;

describe('a made-up graph', () => {
  it('has each of its faults told, and nothing else', () => {
    const graph = {
      'net/upward.ts': "import { b } from '../agent/b.js';",
      'net/upward-type.ts': "import type { B } from '../agent/b.js';",
      'net/passed-on.ts': "export {\n  b,\n} from '../agent/b.js';",
      'net/in-a-function.ts': "  await import('../cli/b.js');",
      'cli/adapter.ts': "import { s } from '../engine/store/s.js';",
      'engine/store/other-adapter.ts': "import '../docker/b.js';",
      'transfer/more-than-the-port.ts': "import { f } from '../engine/find.js';",
      'wire/socket.ts': "import { connect } from 'node:net';",
      'archive/disk.ts': "import { open } from 'node:fs/promises';",
      'image/package.ts': "import { w } from 'ws';",
      'control/api.ts': "import { e } from '../error.js';\nexport const one = 1;",
      'net/default.ts': 'export default 1;',
      'misc/a.ts': '',
      'net/one.ts': "import './two.js';",
      'net/two.ts': "import type { One } from './one.js';",
    };
    expect(made(graph)).toEqual([
      'net/upward.ts imports upward: agent/b.ts',
      'net/upward-type.ts imports upward: agent/b.ts',
      'net/passed-on.ts imports upward: agent/b.ts',
      'net/in-a-function.ts imports upward: cli/b.ts',
      'cli/adapter.ts names an adapter: engine/store/s.ts',
      'engine/store/other-adapter.ts names an adapter: engine/docker/b.ts',
      'transfer/more-than-the-port.ts sees more of an engine than its port: engine/find.ts',
      'wire/socket.ts is pure, and imports node:net',
      'archive/disk.ts is pure, and imports node:fs/promises',
      'image/package.ts is pure, and imports ws',
      'control/api.ts imports more than types: error.ts',
      'control/api.ts exports more than types',
      'net/default.ts has a default export',
      'misc/a.ts is in no part of the design',
      'a circle: net/one.ts → net/two.ts → net/one.ts',
    ]);
  });

  it('that keeps to the design has no fault', () => {
    const graph = {
      'agent/a.ts': "import { s } from '../engine/store/s.js';\nimport { b } from './b.js';",
      'agent/b.ts': "import type { Engine } from '../engine/port.js';",
      'engine/store/s.ts': "import '../port.js';\nimport { hash } from 'node:crypto';",
      'transfer/t.ts': "import type { Engine } from '../engine/port.js';",
      'wire/w.ts': "import { pipeline } from 'node:stream/promises';\n// import '../net/x.js';",
    };
    expect(made(graph)).toEqual([]);
  });
});
