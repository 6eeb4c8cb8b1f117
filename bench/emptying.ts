import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { sh } from '../test/lab/process.js';
import { clear } from '../test/lab/stock.js';
import { until } from '../test/lab/until.js';
import type { Workstation } from '../test/lab/workstation.js';

/** Removes every image of a Docker engine, and waits until its store has really let go of all that they consisted of. */
export async function empty(workstation: Workstation): Promise<void> {
  await clear(workstation);
  if (workstation.engine !== 'docker-containerd') return;
  await removeLeases(workstation);
  await until(
    () => contentOf(workstation),
    (left) => left.length === 0,
  );
}

/** Interrupted loads leave leases, which keep their blobs for a day. Removing one, if only our own, collects garbage. */
async function removeLeases({ directory }: Workstation): Promise<void> {
  const ctr = (...words: string[]) =>
    sh('ctr', '--address', `${directory}/exec/containerd/containerd.sock`, '--namespace', 'moby', ...words);
  await ctr('leases', 'create');
  const leases = (await ctr('leases', 'list', '--quiet')).split('\n').filter(Boolean);
  await ctr('leases', 'delete', '--sync', ...leases);
}

/** What a containerd store still keeps: blobs, and unpacked layers. */
async function contentOf({ directory }: Workstation): Promise<string[]> {
  const root = `${directory}/data/containerd/daemon`;
  const folders = [
    'io.containerd.content.v1.content/blobs/sha256',
    'io.containerd.snapshotter.v1.overlayfs/snapshots',
  ];
  const present = folders.map((folder) => `${root}/${folder}`).filter((folder) => existsSync(folder));
  return (await Promise.all(present.map((folder) => readdir(folder)))).flat();
}
