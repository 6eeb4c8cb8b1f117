/** What strangers may take up before they have proved themselves, and an address altogether. */
export interface Limits {
  /** From the TCP connection to the upgrade, in milliseconds. */
  readonly handshake: number;
  /** Connections that have not proved themselves yet: in all, and from one address. */
  readonly pending: number;
  readonly pendingPerAddress: number;
  /** Connections, proved or not: in all, and from one address. */
  readonly inAll: number;
  readonly perAddress: number;
  /** After so many refusals within the window, an address is not heard for a while; in milliseconds. */
  readonly refusals: number;
  readonly refusalWindow: number;
  readonly backOff: number;
}

/** For a workstation in an office. */
export const defaultLimits: Limits = {
  handshake: 10_000,
  pending: 64,
  pendingPerAddress: 16,
  inAll: 2_500,
  perAddress: 256, // a team behind one router, with a few connections each
  refusals: 10,
  refusalWindow: 60_000,
  backOff: 60_000,
};

/** Why a connection is not even begun. */
export type GateReason = 'back-off' | 'too many' | 'too many pending' | 'too many from this address';

/** One connection's place within the limits; `left` must follow, whatever comes between. */
export interface Pass {
  proved(): void;
  refused(): void;
  left(): void;
}

interface Refusals {
  readonly since: number;
  readonly count: number;
}

// Addresses whose refusals are remembered; the oldest is forgotten first.
const remembered = 1024;

/** Counts connections by address, and says which are too many. */
export class Gate {
  readonly #limits: Limits;
  readonly #now: () => number;
  readonly #pending = new Map<string, number>();
  readonly #all = new Map<string, number>();
  readonly #refusals = new Map<string, Refusals>();
  #pendingInAll = 0;
  #inAll = 0;

  constructor(limits: Limits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** A pass for a new connection from this address, or why there is none. */
  admit(address: string): Pass | GateReason {
    if (this.#isBackedOff(address)) return 'back-off';
    if ((this.#all.get(address) ?? 0) >= this.#limits.perAddress) return 'too many from this address';
    if (this.#inAll >= this.#limits.inAll) return 'too many';
    if (this.#pendingInAll >= this.#limits.pending) return 'too many pending';
    if ((this.#pending.get(address) ?? 0) >= this.#limits.pendingPerAddress) return 'too many pending';
    this.#inAll += 1;
    this.#pendingInAll += 1;
    add(this.#pending, address, 1);
    add(this.#all, address, 1);
    let stage: 'pending' | 'proved' | 'gone' = 'pending';
    const settle = (next: 'proved' | 'gone') => {
      if (stage === 'pending') {
        this.#pendingInAll -= 1;
        add(this.#pending, address, -1);
      }
      if (next === 'gone' && stage !== 'gone') {
        this.#inAll -= 1;
        add(this.#all, address, -1);
      }
      if (stage !== 'gone') stage = next;
    };
    return {
      proved: () => settle('proved'),
      refused: () => this.#countRefusal(address),
      left: () => settle('gone'),
    };
  }

  #isBackedOff(address: string): boolean {
    const refusals = this.#refusals.get(address);
    if (refusals === undefined || refusals.count < this.#limits.refusals) return false;
    if (this.#now() - refusals.since < this.#limits.backOff) return true;
    this.#refusals.delete(address);
    return false;
  }

  /** `since` is when the counting began, and once there are too many, the time of the last. */
  #countRefusal(address: string): void {
    const before = this.#refusals.get(address);
    const now = this.#now();
    const goesOn = before !== undefined && now - before.since < this.#limits.refusalWindow;
    const count = goesOn ? before.count + 1 : 1;
    this.#refusals.delete(address);
    this.#refusals.set(address, {
      since: goesOn && count < this.#limits.refusals ? before.since : now,
      count,
    });
    const oldest = this.#refusals.keys().next().value;
    if (this.#refusals.size > remembered && oldest !== undefined) this.#refusals.delete(oldest);
  }
}

function add(counts: Map<string, number>, address: string, difference: 1 | -1): void {
  const count = (counts.get(address) ?? 0) + difference;
  if (count === 0) counts.delete(address);
  else counts.set(address, count);
}
