import type { ListedImage } from '../image/image.js';
import { canonical, parseReference } from '../image/reference.js';
import type { MessageOf } from '../wire/message.js';

type WireImage = MessageOf<'catalogue'>['images'][number];

/** A listed image as the catalogue carries it: references are canonical texts. */
export function toWire(image: ListedImage): WireImage {
  return { ...image, references: image.references.map(canonical) };
}

/** The other way; what this version cannot parse is left out. */
export function fromWire(image: WireImage): ListedImage {
  return {
    ...image,
    references: image.references.flatMap((text) => {
      try {
        return [parseReference(text)];
      } catch {
        return [];
      }
    }),
  };
}
