import type { ListedImage } from '../image/image.js';
import { canonical, parseReference, type Reference } from '../image/reference.js';
import type { MessageOf } from '../wire/message.js';

type WireImage = MessageOf<'catalogue'>['images'][number];

/** A listed image as the catalogue carries it: references are canonical texts. */
export function toWire(image: ListedImage): WireImage {
  return { ...image, references: image.references.map(canonical) };
}

/** What peers have is held once, however many have it, and for as long as one of them does. */
const pool = new Map<string, WeakRef<ListedImage>>();
const unused = new FinalizationRegistry<string>((text) => {
  if (pool.get(text)?.deref() === undefined) pool.delete(text);
});

/** The other way; what this version cannot parse is left out. The same image gives the same object. */
export function fromWire(wire: WireImage): ListedImage {
  const text = JSON.stringify(wire);
  const known = pool.get(text)?.deref();
  if (known !== undefined) return known;
  const image = { ...wire, references: wire.references.flatMap(readReference) };
  pool.set(text, new WeakRef(image));
  unused.register(image, text);
  return image;
}

function readReference(text: string): Reference[] {
  try {
    return [parseReference(text)];
  } catch {
    return [];
  }
}
