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
    default:
      return `${kind} ${version}`;
  }
}
