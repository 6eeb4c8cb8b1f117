import type { ListedImage } from '../image/image.js';
import { parseSelector, select } from '../image/selector.js';
import type { PeerId } from '../wire/peer-id.js';

/** The images that are being sent, each to one peer, which may have it whether or not it is shared. */
export class Granted {
  readonly #grants = new Set<{ readonly peerId: PeerId; readonly image: ListedImage }>();

  /** Lets a peer have an image until the result is called. */
  grant(peerId: PeerId, image: ListedImage): () => void {
    const grant = { peerId, image };
    this.#grants.add(grant);
    return () => this.#grants.delete(grant);
  }

  /** The image of that name or digest that this peer may have. */
  find(peerId: PeerId, image: string): ListedImage | undefined {
    const granted = [...this.#grants].filter((grant) => grant.peerId === peerId);
    return select(
      granted.map((grant) => grant.image),
      parseSelector(image),
    )[0];
  }
}
