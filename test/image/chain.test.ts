import { describe, expect, it } from 'vitest';
import { chainIds } from '../../src/image/chain.js';
import { digestOf, parseDigest } from '../../src/image/digest.js';
import { a, b, c } from './samples.js';

describe('chainIDs', () => {
  it('are as the OCI image spec defines them: each over the chain below and its own diffID', () => {
    const [first, second, third] = chainIds([a, b, c]);
    expect(first).toBe(a);
    expect(second).toBe(digestOf(`${a} ${b}`));
    expect(third).toBe(digestOf(`${digestOf(`${a} ${b}`)} ${c}`));
  });

  it('have a known value for two empty layers', () => {
    // The diffID of Docker's empty tar; `printf '%s %s' … | sha256sum` gives the chain.
    const empty = parseDigest('sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef');
    expect(chainIds([empty, empty])).toEqual([
      empty,
      'sha256:170b376f64fb30995c140276be3d71dfb256b308d86183ca3b22aa93a79ad548',
    ]);
  });

  it('tell the same layers in another order apart', () => {
    expect(chainIds([a, b]).at(-1)).not.toBe(chainIds([b, a]).at(-1));
  });

  it('differ for a layer that stands twice', () => {
    expect(new Set(chainIds([a, a, a])).size).toBe(3);
  });

  it('of no layers are none', () => {
    expect(chainIds([])).toEqual([]);
  });
});
