import { chainIds } from '../image/chain.js';
import { type Digest, digestOf, hex } from '../image/digest.js';

/** Go's empty `container.Config`, as Docker writes it into what it hashes. */
const emptyConfig = {
  Hostname: '',
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: null,
  Cmd: null,
  Image: '',
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};

/**
 * The v1 IDs (64 hex digits) under which Docker up to 24 saves the layers of these diffIDs, from the bottom, without
 * the topmost's, into which the whole config goes (moby image/v1/imagev1.go, `CreateID`).
 */
export function v1Ids(diffIds: readonly Digest[]): string[] {
  const ids: string[] = [];
  for (const chainId of chainIds(diffIds.slice(0, -1))) {
    const below = ids.at(-1);
    const hashed = {
      container_config: emptyConfig,
      created: '1970-01-01T00:00:00Z',
      layer_id: chainId,
      ...(below === undefined ? {} : { parent: `sha256:${below}` }),
    };
    ids.push(hex(digestOf(JSON.stringify(hashed))));
  }
  return ids;
}
