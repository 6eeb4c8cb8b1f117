import type { BlobVerifier } from '../archive/verify.js';
import { asP2pimgError } from '../error.js';
import type { PeerId } from '../wire/peer-id.js';
import type { Source } from './source.js';

/** The sources that a blob's bytes came from: where it is not proved, one of several lied, and which is not known. */
export class Hands {
  readonly #sources = new Map<PeerId, Source>();

  constructor(...sources: readonly Source[]) {
    for (const source of sources) this.add(source);
  }

  add(source: Source): void {
    this.#sources.set(source.peer.id, source);
  }

  /** Ends the blob as its verifier does; names the sources, the last one first, where its digest is another and there are several. */
  finish(verifier: BlobVerifier, doubt: (sources: readonly Source[]) => void): Buffer | undefined {
    try {
      return verifier.finish();
    } catch (error) {
      if (asP2pimgError(error).code === 'DIGEST_MISMATCH' && this.#sources.size > 1)
        doubt([...this.#sources.values()].toReversed());
      throw error;
    }
  }
}
