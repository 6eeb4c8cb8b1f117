import { P2pimgError } from '../error.js';
import type { Connected } from './connect.js';

/** Another source has the rest of the image in other blobs, so that what was begun cannot be gone on with. */
export class AnotherForm extends Error {
  readonly connected: Connected;

  constructor(connected: Connected) {
    super('the other source has the image in another form');
    this.connected = connected;
  }

  /** Lets go of that source, and tells what this comes to if nobody begins anew. */
  giveUp(): P2pimgError {
    const error = new P2pimgError('PEER_LOST', 'each source that is left has the image in another form');
    this.connected.channel.destroy(error);
    return error;
  }
}
