import type { PeerId } from '../wire/peer-id.js';
import type { Session } from './session.js';

/** The connections that peers with a lower ID dialled and that serve both ways, each as long as it lives; of two the later. */
export class Visits {
  readonly #sessions = new Map<PeerId, Session>();

  of(peerId: PeerId): Session | undefined {
    return this.#sessions.get(peerId);
  }

  add(session: Session): void {
    const { peerId } = session.channel;
    this.#sessions.get(peerId)?.close();
    this.#sessions.set(peerId, session);
    void session.over.then(() => {
      if (this.#sessions.get(peerId) === session) this.#sessions.delete(peerId);
    });
  }

  clear(): void {
    this.#sessions.clear();
  }
}
