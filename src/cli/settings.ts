import type { SettingsChange } from '../control/api.js';
import { P2pimgError } from '../error.js';
import { type AskOptions, askAndShow } from './ask.js';
import { forAgent, type GlobalOptions } from './global-options.js';
import { standardOutputs, tellFailure } from './outputs.js';
import { limitLines, sharingLines } from './present/settings.js';
import { parseRate } from './rate.js';

/** The options of `p2pimg share`. */
export interface ShareOptions extends AskOptions {
  readonly list?: true;
}

/** `p2pimg share` and `hide`: which images the team may have; resolves to the exit code. */
export function share(
  type: 'share' | 'hide',
  patterns: readonly string[],
  options: ShareOptions,
  globals: GlobalOptions,
): Promise<number> {
  const changes = patterns.map((pattern): SettingsChange => ({ type, pattern }));
  return change(changes, options, globals);
}

/** `p2pimg pause` and `resume`; resolves to the exit code. */
export function pause(
  type: 'pause' | 'resume',
  options: AskOptions,
  globals: GlobalOptions,
): Promise<number> {
  return change([{ type }], options, globals);
}

/** What `p2pimg limit` limits. */
export type Limited = 'up' | 'down' | 'uploads';

/** `p2pimg limit`: shows the limits, or sets one; resolves to the exit code. */
export async function limit(
  what: Limited | undefined,
  value: string | undefined,
  options: AskOptions,
  globals: GlobalOptions,
): Promise<number> {
  try {
    const changes = what === undefined ? [] : [limitChange(what, value)];
    return await askAndShow(
      options,
      forAgent(globals),
      async (operations) => {
        for (const one of changes) await operations.changeSettings(one);
        return operations.settings();
      },
      limitLines,
    );
  } catch (error) {
    return tellFailure(error, options, standardOutputs());
  }
}

function change(
  changes: readonly SettingsChange[],
  options: AskOptions,
  globals: GlobalOptions,
): Promise<number> {
  return askAndShow(
    options,
    forAgent(globals),
    async (operations) => {
      for (const one of changes) await operations.changeSettings(one);
      return operations.settings();
    },
    sharingLines,
  );
}

function limitChange(what: Limited, value: string | undefined): SettingsChange {
  const usage = (message: string) =>
    new P2pimgError('USAGE', message, { try: 'p2pimg limit up 30MB/s, or off; p2pimg limit uploads 4' });
  if (value === undefined) throw usage(`what shall the limit of ${what} be?`);
  switch (what) {
    case 'up':
    case 'down':
      return { type: what, bytesPerSecond: value === 'off' ? undefined : parseRate(value) };
    case 'uploads':
      if (!/^[1-9]\d{0,2}$|^1000$/.test(value))
        throw usage('the uploads at once are a number from 1 to 1000');
      return { type: what, limit: Number(value) };
  }
}
