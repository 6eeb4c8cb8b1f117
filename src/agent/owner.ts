import type { SettingsChange, SettingsReport } from '../control/api.js';
import type { Catalogue } from './catalogue.js';
import type { Configuration } from './configuration.js';
import { Pace } from './pace.js';
import { changeSettings, type Settings, settingsReport, sharingOf } from './settings.js';
import { Uploads } from './uploads.js';

/** What the owner decides while the agent runs: which images are shared, how fast they go, and how many at once. */
export class Owner {
  readonly uploads: Uploads;
  readonly uploadPace: Pace;
  readonly downloadPace: Pace;
  readonly #folder: string;
  readonly #catalogue: Catalogue;
  #settings: Settings;

  /** `folder` is where the configuration is kept. */
  constructor(folder: string, configuration: Configuration, catalogue: Catalogue) {
    this.#folder = folder;
    this.#catalogue = catalogue;
    this.#settings = configuration;
    this.uploads = new Uploads(configuration.uploads);
    this.uploadPace = new Pace(configuration.uploadLimit);
    this.downloadPace = new Pace(configuration.downloadLimit);
    catalogue.share(sharingOf(configuration));
  }

  /** Nothing is shared for now. */
  get paused(): boolean {
    return this.#settings.paused;
  }

  /** Where the metrics are on the loopback interface. */
  get metricsPort(): number | undefined {
    return this.#settings.metricsPort;
  }

  settings(): SettingsReport {
    return settingsReport(this.#settings, this.#catalogue.images, this.#catalogue.shared);
  }

  /** Writes a change down, and keeps to it at once. Throws `CONFIG_INVALID`. */
  async change(change: SettingsChange): Promise<void> {
    this.#settings = await changeSettings(this.#folder, change);
    const { uploads, uploadLimit, downloadLimit } = this.#settings;
    if (uploads !== this.uploads.limit) this.uploads.limit = uploads;
    if (uploadLimit !== this.uploadPace.limit) this.uploadPace.limit = uploadLimit;
    if (downloadLimit !== this.downloadPace.limit) this.downloadPace.limit = downloadLimit;
    this.#catalogue.share(sharingOf(this.#settings));
  }
}
