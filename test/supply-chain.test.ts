import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');

interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const manifest = JSON.parse(read('package.json')) as Record<
  'dependencies' | 'optionalDependencies' | 'devDependencies',
  Record<string, string>
>;
const locked = Object.entries(
  (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }).packages,
)
  .filter(([path]) => path !== '')
  .map(([path, { version = '', ...rest }]) => ({
    name: path.replace(/^.*node_modules\//, ''),
    version,
    ...rest,
  }));

/** What npm says, as JSON. It asks no registry: what is asked for stands in the lock and in this folder. */
async function npm(...words: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)('npm', words, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout);
}

describe('docs/dependencies.md', () => {
  it('names every dependency of package.json under its kind, each with its reason, and none other', () => {
    const listed = read('docs/dependencies.md')
      .split(/^## /m)
      .slice(1)
      .map((section) => ({
        title: section.split('\n', 1)[0] ?? '',
        rows: [...section.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, name = '', reason = '']) => ({
          name,
          reason,
        })),
      }));
    const under = (title: string) => listed.find((section) => section.title === title)?.rows ?? [];
    const names = (title: string) =>
      under(title)
        .map(({ name }) => name)
        .toSorted();
    expect(names('What runs')).toEqual(Object.keys(manifest.dependencies).toSorted());
    expect(names('What runs where it can be had')).toEqual(
      Object.keys(manifest.optionalDependencies).toSorted(),
    );
    expect(names('What builds and tests')).toEqual(Object.keys(manifest.devDependencies).toSorted());
    for (const { title } of listed)
      for (const { reason } of under(title)) expect(reason.length).toBeGreaterThan(20);
  });

  it('names every package that brings an install script, none of which runs here', () => {
    const section = read('docs/dependencies.md').split('## Install scripts\n')[1] ?? '';
    const named = [...section.matchAll(/^- `([^`]+)`/gm)].map(([, name = '']) => name);
    const bringing = locked.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name);
    expect(named.toSorted()).toEqual([...new Set(bringing)].toSorted());
    // So whatever the tests show, they show of packages whose scripts never ran.
    expect(read('.npmrc').split('\n')).toContain('ignore-scripts=true');
  });
});

describe('the package', () => {
  const allowed = [
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/,
    /^docs\/[\w-]+\.md$/,
    /^(dist\/p2pimg\.1|completions\/p2pimg\.(bash|zsh|fish|powershell))$/,
    /^(systemd\/(user\/|system\/)?p2pimg\.service|launchd\/[\w.]+\.plist)$/,
  ];

  it('holds what runs, what starts it, what explains it, and nothing else', async () => {
    const [pack] = (await npm('pack', '--dry-run', '--json', '--ignore-scripts')) as [
      { files: { path: string }[] },
    ];
    const files = pack.files.map(({ path }) => path);
    expect(files).toContain('dist/cli/main.js');
    const strange = files.filter((file) => {
      const source = /^dist\/(.+)\.js$/.exec(file)?.[1];
      return source === undefined
        ? !allowed.some((pattern) => pattern.test(file))
        : !existsSync(`${root}src/${source}.ts`);
    });
    expect(strange).toEqual([]);
  }, 60_000);
});

describe('npm run sbom', () => {
  it('names every package of the lock, with its version and digest', async () => {
    const { bomFormat, components } = (await npm('run', '--silent', 'sbom')) as {
      bomFormat: string;
      components: { name: string; version: string; hashes?: unknown[]; properties: { name: string }[] }[];
    };
    expect(bomFormat).toBe('CycloneDX');
    const named = components.map(({ name, version }) => `${name}@${version}`);
    const wanted = locked.map(({ name, version }) => `${name}@${version}`);
    expect([...new Set(named)].toSorted()).toEqual([...new Set(wanted)].toSorted());
    expect(components.filter(({ hashes = [] }) => hashes.length === 0).map(({ name }) => name)).toEqual([]);
    const developing = components
      .filter(({ properties }) => properties.some(({ name }) => name === 'cdx:npm:package:development'))
      .map(({ name }) => name);
    expect(developing).toContain('vitest');
    for (const name of Object.keys(manifest.dependencies)) expect(developing).not.toContain(name);
  }, 60_000);
});
