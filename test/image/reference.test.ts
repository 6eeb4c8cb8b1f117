import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, familiar, familiarRepository, parseReference } from '../../src/image/reference.js';
import { failureOf, someReference } from './samples.js';

const hex64 = 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff';
const digest = `sha256:${hex64}`;

// As distribution/reference has them in normalize_test.go and reference_test.go.
const names: readonly (readonly [text: string, canonical: string, familiar: string])[] = [
  ['node', 'docker.io/library/node:latest', 'node:latest'],
  ['node:20', 'docker.io/library/node:20', 'node:20'],
  ['library/node:20', 'docker.io/library/node:20', 'node:20'],
  ['docker.io/node:20', 'docker.io/library/node:20', 'node:20'],
  ['docker.io/library/node:20', 'docker.io/library/node:20', 'node:20'],
  ['index.docker.io/node:20', 'docker.io/library/node:20', 'node:20'],
  ['index.docker.io/library/node:20', 'docker.io/library/node:20', 'node:20'],
  ['docker/docker', 'docker.io/docker/docker:latest', 'docker/docker:latest'],
  ['docker.io/docker/docker', 'docker.io/docker/docker:latest', 'docker/docker:latest'],
  ['foo/bar/baz', 'docker.io/foo/bar/baz:latest', 'foo/bar/baz:latest'],
  ['library/foo/bar', 'docker.io/library/foo/bar:latest', 'library/foo/bar:latest'],
  ['docker.io/library/foo/bar', 'docker.io/library/foo/bar:latest', 'library/foo/bar:latest'],
  ['foo_bar', 'docker.io/library/foo_bar:latest', 'foo_bar:latest'],
  ['foo__bar', 'docker.io/library/foo__bar:latest', 'foo__bar:latest'],
  ['foo--bar.baz', 'docker.io/library/foo--bar.baz:latest', 'foo--bar.baz:latest'],
  ['dock__er/docker', 'docker.io/dock__er/docker:latest', 'dock__er/docker:latest'],
  ['docker-io/docker', 'docker.io/docker-io/docker:latest', 'docker-io/docker:latest'],
  ['test.com', 'docker.io/library/test.com:latest', 'test.com:latest'],
  ['test:5000', 'docker.io/library/test:5000', 'test:5000'],
  ['test:5000/repo', 'test:5000/repo:latest', 'test:5000/repo:latest'],
  ['test.com/repo:tag', 'test.com/repo:tag', 'test.com/repo:tag'],
  ['test:5000/repo:tag', 'test:5000/repo:tag', 'test:5000/repo:tag'],
  [
    '127.0.0.1:5000/docker/docker',
    '127.0.0.1:5000/docker/docker:latest',
    '127.0.0.1:5000/docker/docker:latest',
  ],
  ['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
  ['localhost:5000/app:1', 'localhost:5000/app:1', 'localhost:5000/app:1'],
  ['[::1]:5000/app:1', '[::1]:5000/app:1', '[::1]:5000/app:1'],
  ['[2001:db8::1]/app', '[2001:db8::1]/app:latest', '[2001:db8::1]/app:latest'],
  ['EXAMPLE.com/app', 'EXAMPLE.com/app:latest', 'EXAMPLE.com/app:latest'],
  ['Foo/app', 'Foo/app:latest', 'Foo/app:latest'],
  [
    'sub-dom1.foo.com/bar/baz/quux',
    'sub-dom1.foo.com/bar/baz/quux:latest',
    'sub-dom1.foo.com/bar/baz/quux:latest',
  ],
  ['xn--n3h.com/myimage:xn--n3h.com', 'xn--n3h.com/myimage:xn--n3h.com', 'xn--n3h.com/myimage:xn--n3h.com'],
  ['app:_1.2-RC', 'docker.io/library/app:_1.2-RC', 'app:_1.2-RC'],
  [`app:${'t'.repeat(128)}`, `docker.io/library/app:${'t'.repeat(128)}`, `app:${'t'.repeat(128)}`],
  [`app@${digest}`, `docker.io/library/app@${digest}`, `app@${digest}`],
  [`app:1@${digest}`, `docker.io/library/app:1@${digest}`, `app:1@${digest}`],
  [`test:5000/app@${digest}`, `test:5000/app@${digest}`, `test:5000/app@${digest}`],
  [`${hex64.slice(1)}`, `docker.io/library/${hex64.slice(1)}:latest`, `${hex64.slice(1)}:latest`],
  [`${hex64}a`, `docker.io/library/${hex64}a:latest`, `${hex64}a:latest`],
];

const invalid: readonly (readonly [text: string, why: RegExp])[] = [
  ['', /name is malformed/],
  [':1', /name is malformed/],
  [`@${digest}`, /name is malformed/],
  ['docker.io/', /name is malformed/],
  ['docker///docker', /name is malformed/],
  ['a//b', /name is malformed/],
  ['app/', /name is malformed/],
  ['/app', /malformed/],
  ['_docker/_docker', /name is malformed/],
  ['dock_-er', /name is malformed/],
  ['dock..er', /name is malformed/],
  ['dock___er', /name is malformed/],
  ['-app', /name is malformed/],
  ['app-', /name is malformed/],
  ['a b', /name is malformed/],
  ['äpp', /name is malformed/],
  ['Docker', /lower-case/],
  ['docker/Docker', /lower-case/],
  ['test.com/Uppercase:1', /lower-case/],
  ['-foo.com/app', /registry is malformed/],
  ['foo-.com/app', /registry is malformed/],
  ['foo:port/app', /registry is malformed/],
  ['[::1]', /malformed/],
  ['[fe80::1%eth0]:5000/app', /registry is malformed/],
  ['[::1/app', /registry is malformed/],
  ['2001:db8::1:5000/app', /registry is malformed/],
  ['app:', /tag is malformed/],
  ['app:-1', /tag is malformed/],
  ['app:1:2', /malformed/],
  [`app:${'t'.repeat(129)}`, /tag is malformed/],
  ['app@sha256:ffff', /digest is not/],
  [`app@${hex64}`, /digest is not/],
  [`app@sha512:${hex64}${hex64}`, /digest is not/],
  [`app@${digest.toUpperCase()}`, /digest is not/],
  [`app@${digest}@${digest}`, /digest is not/],
  [hex64, /is an image ID/],
];

describe('a reference', () => {
  it.each(names)('%s is %s', (text, full, short) => {
    const reference = parseReference(text);
    expect(canonical(reference)).toBe(full);
    expect(familiar(reference)).toBe(short);
  });

  it.each(invalid)('is not %j', (text, why) => {
    const failure = failureOf(() => parseReference(text));
    expect(failure.code).toBe('REFERENCE_INVALID');
    expect(failure.facts.reference).toBe(text);
    expect(failure.facts.why).toMatch(why);
  });

  it('has a name of 255 characters at most, its registry’s included', () => {
    const longest = 'a'.repeat(255 - 'docker.io/library/'.length);
    expect(canonical(parseReference(longest))).toHaveLength(255 + ':latest'.length);
    expect(failureOf(() => parseReference(`${longest}a`)).facts.why).toBe('its name is too long');
  });

  it('that is far too long is quoted in part only', () => {
    expect(failureOf(() => parseReference('A'.repeat(5000))).facts.reference).toHaveLength(300);
  });

  it('has no tag of its own making beside a digest', () => {
    expect(parseReference(`app@${digest}`)).toEqual({ domain: 'docker.io', path: 'library/app', digest });
  });

  it('has a repository as the engine takes it', () => {
    expect(familiarRepository(parseReference('docker.io/library/node:20'))).toBe('node');
    expect(familiarRepository(parseReference(`test:5000/a/b:1@${digest}`))).toBe('test:5000/a/b');
  });

  it('is the same one by its canonical form', () => {
    fc.assert(
      fc.property(someReference, (text) => {
        const once = canonical(parseReference(text));
        expect(canonical(parseReference(once))).toBe(once);
      }),
    );
  });

  it('is the same one by its familiar form', () => {
    fc.assert(
      fc.property(someReference, (text) => {
        const reference = parseReference(text);
        expect(parseReference(familiar(reference))).toEqual(reference);
      }),
    );
  });

  it('keeps its registry where its familiar form would name another', () => {
    for (const text of ['docker.io/foo.bar/app:1', 'docker.io/localhost/app:1'])
      expect(familiar(parseReference(text))).toBe(text);
  });

  it('is either read or refused, whatever the text', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'a./:@-_[]1') }));
    fc.assert(
      fc.property(text, (anything) => {
        try {
          parseReference(anything);
        } catch (error) {
          expect(error).toMatchObject({ code: 'REFERENCE_INVALID' });
        }
      }),
    );
  });
});
