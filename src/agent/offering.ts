import type { PeerName } from '../control/api.js';
import type { SendEvent } from '../control/sending.js';
import { asP2pimgError, type ErrorCode, P2pimgError } from '../error.js';
import type { Channel } from '../wire/channel.js';
import { type Message, type MessageOf, violation } from '../wire/message.js';

/** A peer that knows nothing of sending does not answer at all. */
const firstAnswerMs = 15_000;
/** How long a peer has to clean up after an offer was taken back. */
const cleanUpMs = 5_000;

/** One image's offer to a peer, over a channel that is used for nothing else. */
export class Offering {
  readonly #channel: Channel;
  readonly #peer: PeerName;
  readonly #emit: (event: SendEvent) => void;

  constructor(channel: Channel, peer: PeerName, emit: (event: SendEvent) => void) {
    this.#channel = channel;
    this.#peer = peer;
    this.#emit = emit;
  }

  /**
   * Offers the image, tells how the peer gets it, and resolves to what came of it. When the signal comes, it is taken
   * back; then it throws `INTERRUPTED` as soon as the peer has cleaned up, or resolves if the peer had it by then.
   */
  async run(bring: MessageOf<'bring'>, signal: AbortSignal): Promise<MessageOf<'taken'>> {
    const channel = this.#channel;
    let timer = setTimeout(() => channel.destroy(silent()), firstAnswerMs);
    const withdraw = () => {
      clearTimeout(timer);
      timer = setTimeout(() => channel.destroy(asP2pimgError(signal.reason)), cleanUpMs);
      channel.send({ type: 'withdraw' }).catch(() => undefined); // then there is nobody to be told
    };
    try {
      await channel.send(bring);
      signal.addEventListener('abort', withdraw, { once: true });
      if (signal.aborted) withdraw();
      for (;;) {
        const message = await this.#next();
        if (message.type === 'taken') return message;
        if (message.type === 'refuse') throw signal.aborted ? asP2pimgError(signal.reason) : failure(message);
        if (isAnswer(message) && !signal.aborted) clearTimeout(timer);
        this.#tell(message);
      }
    } catch (error) {
      throw signal.aborted ? asP2pimgError(signal.reason) : error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', withdraw);
      channel.close();
    }
  }

  async #next(): Promise<Message> {
    const incoming = await this.#channel.receive();
    if (incoming === undefined) throw new P2pimgError('PEER_LOST', 'the peer closed the connection');
    if (incoming.type === 'frame') throw violation('a frame where a message was due');
    return incoming.message;
  }

  #tell(message: Message): void {
    const peer = this.#peer;
    switch (message.type) {
      case 'asking':
        this.#emit({ type: 'asking', peer, expiresInMs: message.expiresInMs });
        return;
      case 'taking':
        this.#emit({ type: 'accepted', peer });
        return;
      case 'preparing':
        this.#emit({ type: 'preparing', what: message.what });
        return;
      case 'plan':
      case 'progress':
        this.#emit(message);
        return;
      case 'loading':
        this.#emit({ type: 'loading', peer, engine: message.engine });
        return;
      case 'lost':
      case 'resumed':
        this.#emit({ ...message, peer });
        return;
      case 'hello':
      case 'changed':
        return;
      default:
        throw violation(`a ${message.type} to who sends an image`);
    }
  }
}

const isAnswer = ({ type }: { readonly type: string }): boolean => type === 'asking' || type === 'taking';

function silent(): P2pimgError {
  const reason = 'it does not answer; perhaps its p2pimg is older, and cannot be sent anything';
  return new P2pimgError('REFUSED', reason, { reason, try: 'p2pimg --version there' });
}

/** What a peer's refusal or failure means here: that of its engine or its disk is its own, all else is a refusal. */
function failure({ code, message }: MessageOf<'refuse'>): P2pimgError {
  if (isTheirs(code)) return new P2pimgError(code, message, { reason: message, at: 'peer' });
  return new P2pimgError('REFUSED', message, { reason: message, try: 'ask its owner' });
}

const theirs: readonly ErrorCode[] = ['NO_SPACE', 'ENGINE_FAILED', 'ENGINE_UNREACHABLE', 'PEER_LOST'];
const isTheirs = (code: string): code is ErrorCode => theirs.some((one) => one === code);
