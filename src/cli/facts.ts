import type { ErrorFacts, P2pimgError } from '../error.js';

/** Reads an error's facts, each of which may be absent: an error may come from a part, or a version, that knows less. */
export class Facts {
  readonly message: string;
  readonly cause: string | undefined;
  readonly #facts: ErrorFacts;

  constructor(error: P2pimgError) {
    this.message = error.message;
    this.cause = error.cause instanceof Error ? error.cause.message : undefined;
    this.#facts = error.facts;
  }

  /** The first of these facts that is there, as text. */
  text(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.#facts[name];
      if (typeof value === 'string' && value !== '') return value;
      if (typeof value === 'number') return String(value);
    }
    return undefined;
  }

  /** A fact that is a list; empty where it is absent. */
  list(name: string): readonly string[] {
    const value = this.#facts[name];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  /** A fact that counts something; 0 where it is absent. */
  number(name: string): number {
    const value = this.#facts[name];
    return typeof value === 'number' ? value : 0;
  }

  /** The image that it is about, as it was typed where that is known. */
  get image(): string {
    return this.text('image', 'reference') ?? 'this image';
  }

  /** The peer that it is about. */
  get peer(): string {
    return this.text('peer', 'from') ?? 'the peer';
  }
}
