import type { StatusReport } from '../control/api.js';
import { asP2pimgError } from '../error.js';
import type { ListedImage } from '../image/image.js';
import { diskOf } from './disk.js';
import { engineText } from './engine-text.js';
import type { OpenedEngine } from './open-engine.js';

/** How an engine is, for `status`; `images` throws where it does not answer. */
export async function engineStatus(
  { engine, address, reason }: OpenedEngine,
  images: () => Promise<readonly ListedImage[]>,
): Promise<StatusReport['engine']> {
  try {
    const { length } = await images();
    const why = reason === 'none' ? ' (no container engine on this machine)' : '';
    const identity = await engine.identify();
    return {
      state: 'up',
      address,
      description: engineText(identity) + why,
      images: length,
      lane: await engine.lane(),
      disk: await diskOf(identity.folder),
    };
  } catch (error) {
    const { code, message } = asP2pimgError(error);
    return { state: 'down', address, reason: message, code };
  }
}
