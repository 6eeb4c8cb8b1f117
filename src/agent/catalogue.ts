import { EventEmitter } from 'node:events';
import type { Engine, EngineIdentity } from '../engine/port.js';
import { asP2pimgError, type P2pimgError } from '../error.js';
import type { ListedImage } from '../image/image.js';
import { canonical } from '../image/reference.js';
import { type Sharing, sharedImages } from './sharing.js';

/** Whether the engine answers. */
export type EngineState =
  | { readonly type: 'up'; readonly identity: EngineIdentity }
  | { readonly type: 'down'; readonly error: P2pimgError };

/** This device's images as its engine has them, kept up to date by the engine's events, and which of them are shared. */
export class Catalogue {
  /** `changed`: other images are shared than before. `engine`: it went away, or is back. */
  readonly events = new EventEmitter<{ changed: []; engine: [EngineState] }>();
  readonly #engine: Engine;
  #sharing: Sharing;
  #images: readonly ListedImage[] = [];
  #shared: readonly ListedImage[] = [];
  #fingerprint = '';
  // Greater than that of any earlier run, so that nobody takes an old catalogue for this one.
  #generation = Date.now();
  #state: EngineState | undefined;
  #refreshing: Promise<void> | undefined;
  #again = false;

  constructor(engine: Engine, sharing: Sharing = { sharing: [], paused: false }) {
    this.#engine = engine;
    this.#sharing = sharing;
    this.events.setMaxListeners(0); // one or two a peer
  }

  /** What the team may have of them, by the names that it may know. */
  get shared(): readonly ListedImage[] {
    return this.#shared;
  }

  /** The owner decided otherwise; it holds at once. */
  share(sharing: Sharing): void {
    this.#sharing = sharing;
    this.#setImages(this.#images);
  }

  /** All that the engine has. */
  get images(): readonly ListedImage[] {
    return this.#images;
  }

  /** Another number whenever others are shared. */
  get generation(): number {
    return this.#generation;
  }

  /** `undefined` before the first look. */
  get state(): EngineState | undefined {
    return this.#state;
  }

  /** Follows the engine until the signal. */
  async follow(signal: AbortSignal): Promise<void> {
    for await (const event of this.#engine.events(signal)) {
      if (event.type === 'lost') await this.refresh();
      else void this.refresh();
    }
  }

  /** Lists again; calls during a listing are answered by one more after it. */
  refresh(): Promise<void> {
    if (this.#refreshing !== undefined) {
      this.#again = true;
      return this.#refreshing;
    }
    this.#refreshing = this.#list();
    return this.#refreshing;
  }

  /** Waits for a listing that is under way. */
  async settled(): Promise<void> {
    await this.#refreshing;
  }

  async #list(): Promise<void> {
    do {
      this.#again = false;
      try {
        const images = await this.#engine.list();
        this.#setState({ type: 'up', identity: await this.#engine.identify() });
        this.#setImages(images);
      } catch (error) {
        this.#setState({ type: 'down', error: asP2pimgError(error) });
        this.#setImages([]);
      }
    } while (this.#again);
    // In the same step as the last look at `again`: a call between the two would be answered with an old list.
    this.#refreshing = undefined;
  }

  #setImages(images: readonly ListedImage[]): void {
    const shared = sharedImages(images, this.#sharing);
    const fingerprint = JSON.stringify(
      shared.map(({ id, configDigest, references, platforms }) => [
        id,
        configDigest,
        references.map(canonical),
        platforms,
      ]),
    );
    this.#images = images;
    this.#shared = shared;
    if (fingerprint === this.#fingerprint) return;
    this.#fingerprint = fingerprint;
    this.#generation += 1;
    this.events.emit('changed');
  }

  #setState(state: EngineState): void {
    const before = this.#state;
    this.#state = state;
    const isSame = before?.type === 'up' && state.type === 'up' && before.identity === state.identity;
    if (!isSame && !(before?.type === 'down' && state.type === 'down')) this.events.emit('engine', state);
  }
}
