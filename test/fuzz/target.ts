import type fc from 'fast-check';
import { asP2pimgError, P2pimgError } from '../../src/error.js';

/** One reader of what strangers send, and what it is fed with. */
export interface Target {
  readonly name: string;
  /** How an input is changed: as bytes, or half of the time as JSON. */
  readonly form: 'bytes' | 'json';
  /** What a normal test run feeds it with, and what share of a long run it gets. */
  readonly inputs: { readonly test: number; readonly share: number };
  /** Inputs that are valid, to begin with. */
  seeds(): Promise<readonly Buffer[]> | readonly Buffer[];
  /** Inputs by a grammar; some of each run are made by it. */
  readonly grammar?: fc.Arbitrary<Buffer> | undefined;
  /** Pieces that mean something to it. */
  readonly words: readonly string[];
  /** Makes right again what mutation always breaks, such as checksums. */
  mend?(input: Buffer): Buffer;
  /** Reads one input. Whatever it throws but one of the program's coded errors is a crash. */
  read(input: Buffer): void | Promise<void>;
  /** Lets go of what reading needed. */
  close?(): Promise<void> | void;
}

/** Whether an error is one that the program means: with a code, and not the one for what nobody foresaw. */
export function isForeseen(error: unknown): boolean {
  return error instanceof P2pimgError && error.code !== 'UNEXPECTED';
}

/** What a call gives; `undefined` where it throws one of the program's coded errors. */
export function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (isForeseen(error)) return undefined;
    throw error;
  }
}

/** The same of a promise. */
export async function attemptAsync<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isForeseen(error)) return undefined;
    throw error;
  }
}

/** A crash, unless it holds. */
export function mustHold(holds: boolean, what: string): void {
  if (!holds) throw new Error(`it does not hold that ${what}`);
}

/** How a crash is told: the error and where it was thrown. */
export function crashText(error: unknown): string {
  const { cause } = asP2pimgError(error);
  const shown = error instanceof P2pimgError && cause instanceof Error ? cause : error;
  return shown instanceof Error ? (shown.stack ?? shown.message) : String(shown);
}
