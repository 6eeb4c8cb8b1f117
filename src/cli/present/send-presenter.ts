import type { SendEvent } from '../../control/sending.js';
import type { P2pimgError } from '../../error.js';

/** Shows a `send`. */
export interface SendPresenter {
  event(event: SendEvent): void;
  failed(error: P2pimgError): void;
  /** Interrupted: the offer is being taken back. */
  stopping(): void;
  close(): void;
}
