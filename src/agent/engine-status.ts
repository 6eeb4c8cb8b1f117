import type { StatusReport } from '../control/api.js';
import { asP2pimgError } from '../error.js';
import type { ListedImage } from '../image/image.js';
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
    return {
      state: 'up',
      address,
      description: engineText(await engine.identify()) + why,
      images: length,
      lane: await engine.lane(),
    };
  } catch (error) {
    return { state: 'down', address, reason: asP2pimgError(error).message };
  }
}
