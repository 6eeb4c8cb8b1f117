import type { Observations } from './observations.js';

/** What is looked at, in the order in which it is told. */
export const checkNames = [
  'configuration',
  'agent',
  'engine',
  'permission',
  'disk',
  'port',
  'interfaces',
  'vpn',
  'multicast',
  'isolation',
  'firewall',
  'team',
  'identity',
  'versions',
  'clock',
] as const;

/** The name of a check; it is never renamed. */
export type CheckName = (typeof checkNames)[number];

/** What a check came to: one sentence of what was found, and where that is not well, what it means and what to do. */
export type Finding =
  | { readonly level: 'ok'; readonly found: string }
  | {
      readonly level: 'warning' | 'fail';
      readonly found: string;
      readonly means: string;
      /** Sentences and commands, to be tried in this order. */
      readonly todo: readonly string[];
    };

/** Judges what was observed, and nothing else; `undefined` where it does not apply, or cannot be known. */
export type Check = (seen: Observations) => Finding | undefined;

/** A finding that all is well. */
export const ok = (found: string): Finding => ({ level: 'ok', found });

/** A finding that something is not as it should be, but things go on. */
export const warning = (found: string, means: string, ...todo: readonly string[]): Finding => ({
  level: 'warning',
  found,
  means,
  todo,
});

/** A finding that something does not work. */
export const fail = (found: string, means: string, ...todo: readonly string[]): Finding => ({
  level: 'fail',
  found,
  means,
  todo,
});
