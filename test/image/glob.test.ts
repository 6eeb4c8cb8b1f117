import { describe, expect, it } from 'vitest';
import { globMatcher } from '../../src/image/glob.js';

describe('a pattern', () => {
  it.each([
    ['team/*', 'team/app:2', true],
    ['team/*', 'other/app:2', false],
    ['team/app', 'team/app:2', true],
    ['team/app:2', 'team/app:2', true],
    ['team/app:2', 'team/app:21', false],
    ['*', 'registry.example.com:5000/a/b:c', true],
    ['*/b', 'registry.example.com:5000/a/b:c', true],
    ['team/app:?', 'team/app:2', true],
    ['team/app:?', 'team/app:22', false],
    ['team/app:[1-3]', 'team/app:2', true],
    ['team/app:[!1-3]', 'team/app:2', false],
    ['team/a.p', 'team/app', false],
    ['team/app:[', 'team/app:[', true],
    ['a(b', 'a(b', true],
    ['**app**', 'team/app:2', true],
  ])('%s against %s is %s', (pattern, reference, matched) =>
    expect(globMatcher(pattern)(reference)).toBe(matched),
  );

  it('is quick whatever it holds', () => {
    const started = performance.now();
    globMatcher(`${'*a'.repeat(50)}*b`)('a'.repeat(1000));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
