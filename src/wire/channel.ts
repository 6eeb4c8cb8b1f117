import type { Message } from './message.js';
import type { PeerId } from './peer-id.js';

/** What arrives on a channel: a message, or a frame of a blob's bytes as it stood on the wire. */
export type Incoming =
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'frame'; readonly frame: Buffer };

/** A proved connection to one peer, with back-pressure both ways. */
export interface Channel {
  readonly peerId: PeerId;
  /** The address of the other end, such as `192.168.0.17:39041`. */
  readonly remote: string;
  /** Payload bytes that arrived so far, as they were on the wire. */
  readonly bytesReceived: number;
  /** Resolves when there is room for more; throws `PEER_LOST` when the peer is gone. */
  send(message: Message): Promise<void>;
  sendFrame(frame: Buffer): Promise<void>;
  /**
   * The next thing that arrived, in order; `undefined` when the peer closed cleanly. Throws `PEER_LOST` when the
   * connection broke, `PROTOCOL_VIOLATION` for what is no message. Reading nothing stops the peer from sending.
   */
  receive(): Promise<Incoming | undefined>;
  /** From now on messages of any length may arrive, as they do at a receiver; a source takes none over 256 KiB before. */
  expectLong?(): void;
  /** Asks whether the peer is there: the connection breaks, with `PEER_LOST`, where it says nothing within so long. */
  checkAlive?(withinMs: number): void;
  /** Ends the connection cleanly. */
  close(): void;
  /** Breaks the connection at once; pending and later calls throw the error. */
  destroy(error: Error): void;
}
