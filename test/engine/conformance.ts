import { afterAll, beforeAll, describe } from 'vitest';
import type { Engine } from '../../src/engine/port.js';
import { claimExports } from './claims/exports.js';
import { claimImports } from './claims/imports.js';
import { claimNames } from './claims/names.js';
import { claimSingleBlobs } from './claims/one-by-one.js';
import { claimProof } from './claims/proof.js';
import type { Subject } from './claims/subject.js';

/** An engine to be tried, and how to leave everything as it was. It may hold images of its own. */
export interface OpenedEngine {
  readonly engine: Engine;
  cleanup(): Promise<void>;
}

/** An engine of the same kind with a store of its own (default: opened the same way), and the time for one claim in ms. */
export interface ConformanceOptions {
  readonly openOther?: () => Promise<OpenedEngine>;
  readonly timeout?: number;
}

/** Tries the claims of the port (`src/engine/port.ts`) on one kind of engine; every claim brings images of its own. */
export function describeEngine(
  name: string,
  open: () => Promise<OpenedEngine>,
  { openOther = open, timeout = 20_000 }: ConformanceOptions = {},
): void {
  describe(`${name} as an engine`, { timeout }, () => {
    const opened: OpenedEngine[] = [];
    let subject: Subject | undefined;
    beforeAll(async () => {
      const first = await open();
      opened.push(first);
      const second = await openOther();
      opened.push(second);
      const { platform } = await first.engine.identify();
      subject = { engine: first.engine, other: second.engine, platform };
    }, timeout);
    afterAll(async () => {
      for (const { cleanup } of opened) await cleanup();
    }, timeout);
    const tried = (): Subject => {
      if (subject === undefined) throw new Error('the engine is not open');
      return subject;
    };
    claimImports(tried);
    claimExports(tried);
    claimSingleBlobs(tried);
    claimProof(tried);
    claimNames(tried);
  });
}
