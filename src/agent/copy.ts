import type { DeviceOptions } from '../control/options.js';
import { asP2pimgError } from '../error.js';
import { parsePlatform } from '../image/platform.js';
import { familiar } from '../image/reference.js';
import { carry, type Give } from '../transfer/carry.js';
import { chosen } from './chosen.js';
import { openWayEngine, type WayEngine } from './way-engine.js';
import { type Emit, WayTelling } from './way-telling.js';

/** What `copy` is asked for; an engine that is not named is this machine's own. */
export interface CopyRequest {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** `os/architecture[/variant]`; the receiving engine's own where absent. */
  readonly platform?: string | undefined;
}

/** Copies images from one engine to another, with no agent and no peer. */
export class Copier {
  readonly #from: WayEngine;
  readonly #to: WayEngine;
  readonly #platform: string | undefined;

  private constructor(from: WayEngine, to: WayEngine, platform: string | undefined) {
    this.#from = from;
    this.#to = to;
    this.#platform = platform;
  }

  static async open({ from, to, platform }: CopyRequest, options: DeviceOptions): Promise<Copier> {
    const source = await openWayEngine(from, options, 'source');
    try {
      return new Copier(source, await openWayEngine(to, options, 'receiver'), platform);
    } catch (error) {
      await source.engine.close();
      throw error;
    }
  }

  /** Copies the image that a text names; `IMAGE_UNKNOWN`, `OTHER_PLATFORM`, and all that the engines throw. */
  async copy(text: string, emit: Emit, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    const { engine: source, text: from } = this.#from;
    const { engine: receiver, text: to } = this.#to;
    const platform =
      this.#platform === undefined ? (await receiver.identify()).platform : parsePlatform(this.#platform);
    const { name, image: listed, references } = chosen(await source.list(), text, platform, from);
    const image = await source.describe(listed.id, platform, signal);
    const telling = new WayTelling(emit, { from, to });
    telling.found(name, image, references);
    const give: Give = (one, wanted) => source.export(one, wanted, signal);
    const carried = await carry(image, references, give, receiver, telling, signal).catch(
      (error: unknown) => {
        throw asP2pimgError(error).with({ peer: from, image: name });
      },
    );
    emit({
      type: 'done',
      image: name,
      names: references.map(familiar),
      configDigest: image.configDigest,
      from,
      to,
      received: telling.bytes,
      durationMs: Math.round(performance.now() - startedAt),
      ...carried,
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#from.engine.close(), this.#to.engine.close()]);
  }
}
