import { type Digest, digestOf } from './digest.js';

/**
 * ChainIDs of the layers, in chain order (OCI image spec, config.md, "Layer ChainID"): the first is its diffID,
 * each next one is the digest of `<chainID below> <diffID>`.
 */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}
