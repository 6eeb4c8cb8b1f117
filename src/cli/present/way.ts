import type { WayEvent } from '../../control/ways.js';
import type { P2pimgError } from '../../error.js';

/** Shows what happens while images are saved, loaded or copied. */
export interface WayPresenter {
  event(event: WayEvent): void;
  failed(error: P2pimgError): void;
  /** Interrupted: what is under way is being cleaned up. */
  stopping(): void;
  close(): void;
}
