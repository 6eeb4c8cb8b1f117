import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

/** All that Node loads with these files before anything runs: our files from `src` on, and the names of packages. */
function loadedWith(...begin: readonly string[]): { files: string[]; packages: string[] } {
  const files = new Set<string>(begin);
  const packages = new Set<string>();
  for (const file of files) {
    const text = readFileSync(path.join(src, file), 'utf8');
    for (const [, from = ''] of text.matchAll(
      /^(?:import|export)\s(?!type\s)(?:[^'";]*?\sfrom\s)?'([^']+)'/gm,
    )) {
      if (from.startsWith('.'))
        files.add(path.posix.join(path.posix.dirname(file), from).replace(/\.js$/, '.ts'));
      else if (!from.startsWith('node:')) packages.add(from);
    }
  }
  return { files: [...files].toSorted(), packages: [...packages].toSorted() };
}

describe('what is loaded', () => {
  it('for --version and --help is the command line alone', () => {
    const { files, packages } = loadedWith('cli/main.ts');
    expect(packages).toEqual(['commander']);
    expect(files).toEqual([
      'cli/commands/completion.ts',
      'cli/commands/end.ts',
      'cli/commands/finding.ts',
      'cli/commands/get.ts',
      'cli/commands/running.ts',
      'cli/commands/sending.ts',
      'cli/commands/sharing.ts',
      'cli/commands/team.ts',
      'cli/commands/ways.ts',
      'cli/completion/shells.ts',
      'cli/examples.ts',
      'cli/exit-codes.ts',
      'cli/global-options.ts',
      'cli/main.ts',
      'cli/program.ts',
      'version.ts',
    ]);
  });

  it.each(['ls', 'peers', 'status', 'get', 'send', 'accept', 'watch', 'team', 'completion'])(
    'for %s, where an agent runs, is no engine, no network and no large package',
    (command) => {
      const { files, packages } = loadedWith('cli/main.ts', `cli/${command}.ts`);
      expect(files).toContain('control/client.ts');
      expect(
        files.filter((file) => /^(agent|archive|discovery|engine|net|transfer|wire)\//.test(file)),
      ).toEqual([]);
      expect(
        packages.filter((name) => !['commander', 'env-paths', 'picocolors', 'valibot'].includes(name)),
      ).toEqual([]);
    },
  );

  it('by an agent is neither the adapters of engines nor what only some need', () => {
    const { files, packages } = loadedWith('agent/run.ts');
    expect(packages).toContain('ws');
    expect(files.filter((file) => /^engine\/(docker|store)\//.test(file))).toEqual([]);
    for (const name of ['dockerode', 'conf', '@peculiar/x509', 'tar-stream', '@toondepauw/node-zstd'])
      expect(packages).not.toContain(name);
  });
});
