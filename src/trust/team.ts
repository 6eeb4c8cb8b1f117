import { hkdfSync, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';

/** The length of a team's secret, in bytes. */
export const secretLength = 32;

/** A team: its 256-bit secret, and the keys derived from it (RFC 5869, SHA-256). Logs and JSON show its tag only. */
export class Team {
  /** What members recognise each other's advertisements by, and others cannot tell the secret from: base64url. */
  readonly tag: string;
  readonly #secret: Buffer;

  constructor(secret: Uint8Array) {
    if (secret.length !== secretLength) throw new RangeError('a team’s secret has 32 bytes');
    this.#secret = Buffer.from(secret);
    this.tag = this.#derive('tag', 16).toString('base64url');
  }

  /** A team that nobody is in yet. */
  static create(): Team {
    return new Team(randomBytes(secretLength));
  }

  /** The secret itself: for the invite and the file, nothing else. */
  get secret(): Buffer {
    return Buffer.from(this.#secret);
  }

  /** The key of the proof of membership, 32 bytes. */
  get proofKey(): Buffer {
    return this.#derive('proof', 32);
  }

  /** The key of the advertised image filter, 32 bytes. */
  get filterKey(): Buffer {
    return this.#derive('image filter', 32);
  }

  toJSON(): { tag: string } {
    return { tag: this.tag };
  }

  [inspect.custom](): string {
    return `Team(${this.tag})`;
  }

  #derive(purpose: string, length: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, '', `p2pimg v1 ${purpose}`, length));
  }
}
