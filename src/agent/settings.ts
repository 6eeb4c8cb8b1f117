import type { SettingsChange, SettingsReport } from '../control/api.js';
import type { ListedImage } from '../image/image.js';
import { canonical, familiar } from '../image/reference.js';
import { type Configuration, changeConfiguration } from './configuration.js';
import { type Sharing, withRule } from './sharing.js';

/** What a person may change while the agent runs; it is kept in `config.json`. */
export type Settings = Pick<
  Configuration,
  'sharing' | 'paused' | 'uploads' | 'uploadLimit' | 'downloadLimit' | 'metricsPort'
>;

/** Writes a change down, and gives the settings as they are now. Throws `CONFIG_INVALID`. */
export function changeSettings(folder: string, change: SettingsChange): Promise<Settings> {
  return changeConfiguration(folder, (now) => changed(now, change));
}

function changed({ sharing }: Settings, change: SettingsChange): Partial<Settings> {
  switch (change.type) {
    case 'share':
      return { sharing: withRule(sharing, { share: change.pattern }) };
    case 'hide':
      return { sharing: withRule(sharing, { hide: change.pattern }) };
    case 'pause':
      return { paused: true };
    case 'resume':
      return { paused: false };
    case 'uploads':
      return { uploads: change.limit };
    case 'up':
      return { uploadLimit: change.bytesPerSecond };
    case 'down':
      return { downloadLimit: change.bytesPerSecond };
    case 'metrics':
      return { metricsPort: change.port };
  }
}

/** The settings, and what they come to with these images; names of one kind only. */
export function settingsReport(
  settings: Settings,
  images: readonly ListedImage[],
  shared: readonly ListedImage[],
): SettingsReport {
  const all = namesOf(images);
  const out = new Set(namesOf(shared));
  const { sharing, paused, uploads, uploadLimit, downloadLimit, metricsPort } = settings;
  return {
    sharing,
    paused,
    uploads,
    uploadLimit,
    downloadLimit,
    metricsPort,
    shared: all.filter((name) => out.has(name)),
    hidden: all.filter((name) => !out.has(name)),
  };
}

/** The part of the settings that says who gets what. */
export const sharingOf = ({ sharing, paused }: Settings): Sharing => ({ sharing, paused });

function namesOf(images: readonly ListedImage[]): string[] {
  const references = images.flatMap(({ references: names }) => names);
  return [...new Map(references.map((one) => [canonical(one), familiar(one)])).values()].toSorted();
}
