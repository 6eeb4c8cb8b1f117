import { P2pimgError } from '../../../error.js';
import type { StoredManifest } from '../../../image/image.js';
import { type Loopback, type Pushed, pushImage } from './push.js';

/**
 * Asks an engine of the containerd store what an image consists of, without reading its layers: the image is pushed
 * to where every blob is already, so that only the manifests arrive.
 */
export function pushManifests(
  loopback: Loopback,
  pushed: Pushed,
  signal: AbortSignal,
): Promise<readonly StoredManifest[]> {
  const everything = {
    has: () => true,
    take: async () => {
      throw new P2pimgError('ENGINE_FAILED', 'the engine pushed a blob that it was told is there');
    },
  };
  return pushImage(loopback, pushed, everything, signal);
}
