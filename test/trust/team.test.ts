import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asP2pimgError } from '../../src/error.js';
import { readInvite, writeInvite } from '../../src/trust/invite.js';
import { prove, verifyProof } from '../../src/trust/proof.js';
import { Team } from '../../src/trust/team.js';

const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a team', () => {
  it('has keys of its own for the tag, the proof and the image filter', () => {
    const team = Team.create();
    const keys = [team.secret, team.proofKey, team.filterKey, Buffer.from(team.tag, 'base64url')];
    expect(keys.map((key) => key.length)).toEqual([32, 32, 32, 16]);
    expect(new Set(keys.map((key) => key.toString('hex').slice(0, 32))).size).toBe(4);
  });

  it('derives them as it always has', () => {
    const team = new Team(new Uint8Array(32));
    expect({
      tag: team.tag,
      proof: team.proofKey.toString('hex'),
      filter: team.filterKey.toString('hex'),
    }).toMatchInlineSnapshot(`
      {
        "filter": "90415b81f0f44099506c54a6994670e7d589784557097cc8550b0923665ae47b",
        "proof": "ea95ca8c7f7fc5d71bd82a535f8e82b22e74bc7646eaebf5cb009831ba967e55",
        "tag": "D4vi7OFIXnqnpkH3zNYCvQ",
      }
    `);
  });

  it('never shows its secret in a log or in JSON', () => {
    const team = Team.create();
    const shown = [
      inspect(team, { showHidden: true, depth: 9 }),
      inspect({ nested: { team } }, { depth: 9 }),
      JSON.stringify({ team }),
      `${team}`,
      Object.keys(team).join(),
    ].join('\n');
    for (const key of [team.secret, team.proofKey, team.filterKey])
      for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const)
        expect(shown).not.toContain(key.toString(encoding));
    expect(shown).not.toContain('Buffer');
  });

  it('gives copies of its secret, so that none can change it', () => {
    const team = Team.create();
    team.secret.fill(0);
    expect(team.secret).not.toEqual(Buffer.alloc(32));
  });
});

describe('an invite', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const invite = writeInvite(new Team(secret));
        expect(invite).toMatch(/^p2pimg-[a-z2-7]{60}$/);
        expect(readInvite(invite).secret).toEqual(Buffer.from(secret));
      }),
    );
  });

  it('may be broken and indented by whatever it came through', () => {
    const spaces = fc.stringMatching(/^[ \t\r\n\u00a0]{0,3}$/);
    fc.assert(
      fc.property(secrets, fc.array(spaces, { minLength: 1, maxLength: 80 }), (secret, between) => {
        const invite = writeInvite(new Team(secret));
        const pasted = [...invite].map((letter, i) => (between[i % between.length] ?? '') + letter).join('');
        expect(readInvite(`\n ${pasted}\r\n`).secret).toEqual(Buffer.from(secret));
      }),
    );
  });

  it('with any one character changed, left out or doubled is invalid', () => {
    const character = fc.oneof(
      fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(secrets, fc.nat(66), character, (secret, at, other) => {
        const invite = writeInvite(new Team(secret));
        fc.pre(other.replace(/\s+/g, '') !== invite[at]);
        const changed = invite.slice(0, at) + other + invite.slice(at + 1);
        const doubled = invite.slice(0, at) + invite.slice(at, at + 1) + invite.slice(at);
        for (const text of [changed, doubled]) {
          let code: string | undefined;
          try {
            readInvite(text);
          } catch (error) {
            code = asP2pimgError(error).code;
          }
          if (code !== 'INVITE_INVALID') throw new Error(`taken: ${text}`);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each(['', ' ', 'p2pimg-', 'p2pimg', 'hello', 'p2pimg-aaaaaaa', `p2pimg-${'a'.repeat(60)}`])(
    'is not %j',
    (text) => {
      expect(() => readInvite(text)).toThrow(expect.objectContaining({ code: 'INVITE_INVALID' }));
    },
  );

  it('that is mistyped is not repeated in the error', () => {
    const text = `${writeInvite(Team.create()).slice(0, -1)}!`;
    try {
      readInvite(text);
      expect.unreachable();
    } catch (error) {
      expect(inspect(error, { depth: 9 })).not.toContain(text.slice(10, 40));
    }
  });
});

describe('a proof', () => {
  const team = Team.create();
  const keyingMaterial = Buffer.alloc(32, 7);
  const proof = prove(team, 'receiver', keyingMaterial);

  it('holds for its team, role and connection', () => {
    expect(proof).toMatch(/^[\w-]{43}$/);
    expect(verifyProof(team, 'receiver', keyingMaterial, proof)).toBe(true);
  });

  it.each([
    ['another team', Team.create(), 'receiver', keyingMaterial, proof],
    ['the other role', team, 'source', keyingMaterial, proof],
    ['another connection', team, 'receiver', Buffer.alloc(32, 8), proof],
    ['no proof', team, 'receiver', keyingMaterial, ''],
    ['half of it', team, 'receiver', keyingMaterial, proof.slice(0, 20)],
    ['more than it', team, 'receiver', keyingMaterial, `${proof}A`],
    ['a header sent twice', team, 'receiver', keyingMaterial, `${proof}, ${proof}`],
  ] as const)('does not hold for %s', (_what, itsTeam, role, material, text) => {
    expect(verifyProof(itsTeam, role, material, text)).toBe(false);
  });
});
