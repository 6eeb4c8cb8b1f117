import { describe, expect, it } from 'vitest';
import { similar } from '../../src/agent/similar.js';

describe('similar names', () => {
  it('are those of a slip of the finger, nearest first', () => {
    expect(similar('team/api:1.4', ['team/api:1.3', 'team/apis:1.3', 'node:20', 'team/apl:2.4'])).toEqual([
      'team/api:1.3',
      'team/apis:1.3',
      'team/apl:2.4',
    ]);
  });

  it('count what is added, taken away and changed alike', () => {
    expect(similar('abcdefghij', ['abcdefghi', 'abcdefghijk', 'abcdefghiX'])).toEqual([
      'abcdefghi',
      'abcdefghijk',
      'abcdefghiX',
    ]);
  });

  it('are four at most, each once, and never the very name', () => {
    const offered = ['app:1', 'app:2', 'app:3', 'app:4', 'app:5', 'app:6', 'app:2'];
    expect(similar('app:1', offered)).toEqual(['app:2', 'app:3', 'app:4', 'app:5']);
  });

  it('are none that differ in more than two fifths of their letters', () => {
    expect(similar('abcde', ['abXXe'])).toEqual(['abXXe']);
    expect(similar('abcde', ['aXXXe'])).toEqual([]);
    expect(similar('node:20', ['postgres:16', ''])).toEqual([]);
    expect(similar('node:20', [])).toEqual([]);
  });
});
