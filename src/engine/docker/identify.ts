import { normalisePlatform } from '../../image/platform.js';
import type { EngineIdentity } from '../port.js';
import type { DockerClient } from './client.js';
import { keptIn } from './kept-in.js';
import { sweepTemporary } from './temporary.js';

/** Asks an engine what it is, and takes away what an earlier agent may have left in it. */
export async function identify(client: DockerClient): Promise<EngineIdentity> {
  const [version, info] = await Promise.all([client.version(), client.info()]);
  const isPodman = version.Components?.some(({ Name }) => Name === 'Podman Engine') ?? false;
  const isContainerd =
    info.DriverStatus?.some(
      ([key, value]) => key === 'driver-type' && value === 'io.containerd.snapshotter.v1',
    ) ?? false;
  await sweepTemporary(client);
  return {
    kind: isPodman ? 'podman' : 'docker',
    version: version.Version,
    store: isPodman ? 'podman' : isContainerd ? 'containerd' : 'classic',
    address: client.endpoint.address,
    folder: keptIn(info, client.endpoint.address, isContainerd),
    platform: normalisePlatform({
      os: info.OSType ?? 'linux',
      architecture: info.Architecture ?? process.arch,
    }),
  };
}
