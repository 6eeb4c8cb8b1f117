import type { GetEvent } from '../../control/api.js';
import type { P2pimgError } from '../../error.js';

/** Shows one `get` after the other. */
export interface GetPresenter {
  event(event: GetEvent): void;
  failed(error: P2pimgError): void;
  /** Interrupted: what is under way is being cleaned up. */
  stopping(): void;
  close(): void;
}
