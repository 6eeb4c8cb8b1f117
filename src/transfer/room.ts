import { P2pimgError } from '../error.js';
import type { ImageDescription } from '../image/image.js';

/** How much an image may bring, in bytes; no bound where absent. */
export interface Room {
  /** The whole image: what its owner allows. */
  readonly allowed?: number | undefined;
  /** What is missing of it: what the disk has room for. */
  readonly free?: number | undefined;
}

/** What an offer says the image is in all; never less than its layers, whatever it says. */
export function announcedSize({ size, layers }: Pick<ImageDescription, 'size' | 'layers'>): number {
  return Math.max(
    size,
    layers.reduce((sum, layer) => sum + (layer.size ?? 0), 0),
  );
}

/** Throws `IMAGE_TOO_LARGE` where an image of so many bytes is not allowed. */
export function checkAllowed(announced: number, room: Room | undefined): void {
  if (announced > (room?.allowed ?? Number.POSITIVE_INFINITY))
    throw tooLarge(announced, room?.allowed, 'setting');
}

/** Throws `IMAGE_TOO_LARGE` where the disk has no room for so many bytes. */
export function checkFree(toGo: number, room: Room | undefined): void {
  if (toGo > (room?.free ?? Number.POSITIVE_INFINITY)) throw tooLarge(toGo, room?.free, 'disk');
}

function tooLarge(announced: number, allowed: number | undefined, bound: 'setting' | 'disk'): P2pimgError {
  return new P2pimgError('IMAGE_TOO_LARGE', `${announced} bytes are announced, and ${allowed} allowed`, {
    announced,
    allowed,
    bound,
  });
}
