import { describe, expect, it } from 'vitest';
import { readOptions } from '../../bench/options.js';

describe('the options of the bench', () => {
  it('are everything, three times, where nothing is said', () => {
    const { pairs, cases, rates, rivals, runs, warmUps } = readOptions([]);
    expect([pairs.length, cases.length, rates, rivals.length, runs, warmUps]).toEqual([
      4,
      4,
      [1_000, 200],
      5,
      3,
      1,
    ]);
  });

  it('name single cells', () => {
    const words =
      '--only classic-classic --case small,nothing --rate 100 --rivals registry --runs 1 --warm-ups 0';
    const { pairs, cases, rates, rivals, runs, warmUps } = readOptions(words.split(' '));
    expect([pairs, cases, rates, runs, warmUps]).toEqual([
      ['classic-classic'],
      ['nothing', 'small'],
      [100],
      1,
      0,
    ]);
    expect(rivals.map(({ name }) => name)).toEqual(['LAN registry']);
    expect(readOptions(['--rivals', 'none']).rivals).toEqual([]);
  });

  it('leave to the targets what is measured, where that is said', () => {
    expect(readOptions([]).targetsOnly).toBe(false);
    expect(readOptions(['--targets', '--runs', '2'])).toMatchObject({ targetsOnly: true, runs: 2 });
  });

  it('refuse what is not there', () => {
    expect(() => readOptions(['--only', 'classic'])).toThrow('no pair “classic”');
    expect(() => readOptions(['--case', 'toString'])).toThrow('no case “toString”');
    expect(() => readOptions(['--runs', '0'])).toThrow('runs: “0”');
    expect(() => readOptions(['--rate', '1e9.5'])).toThrow('rate');
    expect(() => readOptions(['--fast'])).toThrow();
  });
});
