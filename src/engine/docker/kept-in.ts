import type { ApiInfo } from './client.js';

/** Where a containerd of its own, as most Linux distributions start it, keeps what Docker gives it. */
const systemContainerd = { address: '/run/containerd/containerd.sock', folder: '/var/lib/containerd' };

/**
 * The folder of this machine in which the engine keeps images; `undefined` for an engine that is elsewhere, or in a
 * virtual machine, whose folders are not ours.
 */
export function keptIn(
  { DockerRootDir, OperatingSystem, Containerd }: ApiInfo,
  address: string,
  isContainerd: boolean,
): string | undefined {
  const isHere = process.platform === 'linux' && address.startsWith('unix://');
  if (!isHere || OperatingSystem === 'Docker Desktop') return undefined;
  if (isContainerd && Containerd?.Address === systemContainerd.address) return systemContainerd.folder;
  return DockerRootDir;
}
