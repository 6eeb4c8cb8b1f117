import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsIn, takes } from './cli/typed.js';

const examples = fileURLToPath(new URL('../examples', import.meta.url));
const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).map((name) =>
  path.join(examples, name),
);
const ending = (end: string) => files.filter((file) => file.endsWith(end));
const text = (file: string) => readFileSync(file, 'utf8');

/** What of a README is to be typed. */
function typed(markdown: string): string {
  const blocks = [...markdown.matchAll(/^```\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  const inline = [...markdown.matchAll(/`(p2pimg [^`]*)`/g)].map(([, one = '']) => one);
  return [...blocks, ...inline].join('\n');
}

describe('the examples', () => {
  it('are three, each with a README of at most one page', () => {
    const readmes = ending('README.md');
    expect(readmes).toHaveLength(4);
    for (const file of readmes) expect(text(file).split('\n').length).toBeLessThanOrEqual(60);
  });

  it.each(
    files.filter((file) => /\.(md|sh|service)$/.test(file)).map((file) => path.relative(examples, file)),
  )('have only commands that there are: %s', async (name) => {
    const content = text(path.join(examples, name));
    const calls = callsIn(
      name.endsWith('.md')
        ? typed(content)
        : content.replace(/command -v p2pimg|install p2pimg first.*/g, ''),
    );
    for (const call of calls) await expect(takes(call), call.join(' ')).resolves.toBeUndefined();
    if (name.includes('/')) expect(calls.length).toBeGreaterThan(0);
  });

  it.skipIf(spawnSync('bash', ['--version']).error !== undefined)('have scripts that bash can read', () => {
    const scripts = ending('.sh');
    expect(scripts).toHaveLength(4);
    for (const script of scripts) execFileSync('bash', ['-n', script]);
  });

  it.skipIf(spawnSync('systemd-analyze', ['--version']).error !== undefined)(
    'have a unit that systemd takes, and that is not exposed',
    () => {
      const [unit = ''] = ending('.service');
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
      expect({ status, said: stderr.split('\n').filter((line) => line.includes('p2pimg')) }).toEqual({
        status: 0,
        said: [],
      });
      const said = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], {
        encoding: 'utf8',
      });
      expect(Number(/Overall exposure level for .*: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(4);
    },
  );
});

describe('the step of the CI box', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'p2pimg-ci-'));
    writeFileSync(path.join(folder, 'p2pimg'), '#!/bin/sh\necho "$@"\nexit 7\n');
    chmodSync(path.join(folder, 'p2pimg'), 0o755);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function step(dockerfile: string): { code: number | null; called: string } {
    const file = path.join(folder, 'Dockerfile');
    writeFileSync(file, dockerfile);
    const { status, stdout } = spawnSync(path.join(examples, 'ci-box/base-images.sh'), [file], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env.PATH}` },
    });
    return { code: status, called: stdout.trim() };
  }

  it('gets each base image once, and ends as p2pimg does', () => {
    const dockerfile = [
      'ARG BASE=node:20',
      '# FROM commented:1',
      'FROM --platform=linux/amd64 node:20 AS Build',
      'from registry.local:5000/team/base:3',
      'FROM build AS test',
      'FROM $BASE',
      'FROM scratch',
      'FROM node:20',
    ].join('\n');
    expect(step(dockerfile)).toEqual({
      code: 7,
      called: 'get --or-pull --quiet node:20 registry.local:5000/team/base:3',
    });
  });

  it('does nothing where there is nothing to get', () => {
    expect(step('FROM scratch\nCOPY x /\n')).toEqual({ code: 0, called: '' });
  });
});
