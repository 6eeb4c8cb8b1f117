import type { EngineIdentity } from '../engine/port.js';

/** An engine as people see it: `Docker 28.5.2, containerd store`. Also for a peer's, whose words these may be. */
export function engineText({
  kind,
  version,
  store,
}: Readonly<Record<'kind' | 'version' | 'store', string>>): string {
  switch (kind) {
    case 'docker':
      return `Docker ${version}, ${store} store`;
    case 'podman':
      return `Podman ${version}`;
    case 'store':
      return 'embedded store';
    case 'archives':
      return 'archives only';
    default:
      return `${kind} ${version}`;
  }
}

/** Who is at work while an image is loaded: `docker`, `podman`, `the embedded store`. */
export function loaderText({ kind }: Pick<EngineIdentity, 'kind'>): string {
  return kind === 'store' ? 'the embedded store' : kind;
}
