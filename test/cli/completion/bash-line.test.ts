import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bashText, readBashLine } from '../../../src/cli/completion/bash-line.js';

const breaks = ' \t\n"\'@><=;|&(:';

describe('a line of bash', () => {
  it.each([
    ['p2pimg ', ['p2pimg'], '', '', ''],
    ['p2pimg get no', ['p2pimg', 'get'], 'no', '', ''],
    ['p2pimg get node:2', ['p2pimg', 'get'], 'node:2', 'node:', ''],
    ['p2pimg get h:5000/a:1', ['p2pimg', 'get'], 'h:5000/a:1', 'h:5000/a:', ''],
    ['p2pimg get node\\:2', ['p2pimg', 'get'], 'node:2', '', ''],
    ['p2pimg --lane=lo', ['p2pimg'], '--lane=lo', '--lane=', ''],
    ["p2pimg --from 'a b", ['p2pimg', '--from'], 'a b', '', "'"],
    ['p2pimg --from "node:2', ['p2pimg', '--from'], 'node:2', '', '"'],
    ['p2pimg --from="a\\"b', ['p2pimg'], '--from=a"b', '--from=', '"'],
    ['p2pimg --from a\\ b', ['p2pimg', '--from'], 'a b', '', ''],
    ["p2pimg 'a b' ''", ['p2pimg', 'a b'], '', '', ''],
    ['p2pimg x\\', ['p2pimg'], 'x', '', ''],
    ['p2pimg $(touch x)`y`', ['p2pimg', '$(touch'], 'x)`y`', '', ''],
  ])('%s is read as bash and readline do', (line, words, current, kept, quote) => {
    expect(readBashLine(line, breaks)).toEqual({ words, current, kept, quote });
  });

  it('is not broken where the user took the colon out of COMP_WORDBREAKS', () => {
    expect(readBashLine('p2pimg get node:2', ' \t\n').kept).toBe('');
  });
});

describe.skipIf(spawnSync('bash', ['-c', 'exit 0']).error !== undefined)('a completed value', () => {
  it.each(['', "'", '"'] as const)('is that value to bash, and nothing else, after %s', (quote) => {
    const text = fc.string({ unit: fc.constantFrom(...'ab $`"\'\\!*?[]{},~#;&|<>()=:@%^é東-') });
    const values = fc.sample(text, { numRuns: 500, seed: 7 }).filter((value) => value !== '');
    const line = { words: [], current: '', kept: '', quote };
    const words = values.map((value) => `${quote}${bashText(value, line)}${quote}`);
    const script = `printf '%s\\0' ${words.join(' ')}`;
    const read = execFileSync('bash', ['--norc', '-c', script], {
      encoding: 'utf8',
      env: { LANG: 'C.UTF-8' },
    });
    expect(read.split('\0').slice(0, -1)).toEqual(values);
  });
});
