import { describe, expect, it } from 'vitest';
import { type Cell, median, type PairName, type Score } from '../../bench/cells.js';
import { tableOfCells, tableOfVerdicts } from '../../bench/table.js';
import { judge, neededOf, targets } from '../../bench/targets.js';

const score = (contender: string, ...seconds: number[]): Score => ({
  contender,
  runs: seconds.map((each) => ({ seconds: each, received: 1_000_000 })),
});
const cell = (pair: PairName, rateMbit: number, ...scores: Score[]): Cell => ({
  pair,
  case: 'nothing',
  rateMbit,
  at: '2026-01-02T03:04:05Z',
  commit: 'c0ffee0',
  scores,
});

describe('the median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([9, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 9])).toBe(3);
    expect(median([])).toBeNaN();
  });
});

describe('the targets', () => {
  it('are judged by medians of one cell', () => {
    const cells = [
      cell('classic-classic', 1_000, score('p2pimg', 1, 8, 9), score('LAN registry', 10, 10, 30)),
      cell('classic-classic', 200, score('p2pimg', 5), score('save | ssh | load', 10)),
    ];
    const judged = judge(cells).filter(({ value }) => value !== undefined);
    expect(judged).toEqual([
      expect.objectContaining({ rateMbit: 1_000, of: 'LAN registry', value: 0.8, isHeld: true }),
      expect.objectContaining({ rateMbit: 200, of: 'save | ssh | load', value: 0.5, isHeld: false }),
    ]);
  });

  it('are not held by a rival that did not run', () => {
    const absent: Score = { contender: 'LAN registry', runs: [], absent: 'no disk' };
    const judged = judge([cell('classic-classic', 1_000, score('p2pimg', 1), absent)]);
    expect(judged).toHaveLength(targets.length);
    expect(judged.filter(({ isHeld }) => isHeld !== undefined)).toEqual([]);
  });
});

describe('the tables', () => {
  it('tell who was faster, who did not run, and which target is held', () => {
    const absent: Score = { contender: 'skopeo copy', runs: [], absent: 'it is too old' };
    const ours = score('p2pimg', 4);
    const cells = [cell('classic-classic', 200, ours, score('save | ssh | load', 10), absent)];
    const [, , own, ssh, none] = tableOfCells(cells)
      .split('\n')
      .map((line) => line.split(/(?<!\\)\|/));
    expect(own?.map((text) => text.trim())).toEqual(
      expect.arrayContaining([
        'classic → classic',
        '200 Mbit/s',
        'nothing there',
        'p2pimg',
        '4.00',
        '1.00 MB',
      ]),
    );
    expect(ssh?.map((text) => text.trim())).toEqual(
      expect.arrayContaining(['save \\| ssh \\| load', '0.40']),
    );
    expect(none?.join()).toContain('does not run: it is too old');
    const held = tableOfVerdicts(judge(cells))
      .split('\n')
      .filter((line) => line.includes('held') && !line.includes('not measured'));
    expect(held).toHaveLength(1);
    expect(held[0]).toContain('classic → classic, nothing there, 200 Mbit/s');
  });
});

describe('what the targets need', () => {
  it('is what they name, of us and of the rival that they compare with', () => {
    expect(neededOf('p2pimg', 'containerd-containerd', 1_000)).toEqual(['nothing', 'small', 'everything']);
    expect(neededOf('LAN registry', 'containerd-containerd', 1_000)).toEqual(['nothing', 'small']);
    expect(neededOf('LAN registry', 'classic-containerd', 1_000)).toEqual([]);
    expect(neededOf('p2pimg', 'classic-classic', 200)).toEqual(['nothing']);
    expect(neededOf('p2pimg', 'containerd-containerd', 200)).toEqual([]);
  });

  it('gives every target its verdict', () => {
    for (const { pair, rateMbit, of, case: name } of targets)
      for (const contender of ['p2pimg', of ?? 'p2pimg'])
        expect(neededOf(contender, pair, rateMbit)).toContain(name);
  });
});
