import { asP2pimgError } from '../../../error.js';
import type { EngineIdentity, Lane, LaneChoice } from '../../port.js';
import { readAnswer } from '../json-lines.js';
import type { Loopback } from './push.js';
import { refuse } from './registry.js';

const trialMs = 5_000;

/** Which way an engine's images go: by push and pull over the loopback interface, or by save and load. Found out once. */
export class LaneFinder {
  readonly #loopback: Loopback;
  readonly #choice: LaneChoice;
  #found: Promise<Lane> | undefined;

  constructor(loopback: Loopback, choice: LaneChoice) {
    this.#loopback = loopback;
    this.#choice = choice;
  }

  /** The engine's lane; tried anew only after `forget`. */
  find(store: EngineIdentity['store']): Promise<Lane> {
    this.#found ??= this.#try(store).catch((error: unknown) => {
      this.#found = undefined; // it did not answer at all
      throw error;
    });
    return this.#found;
  }

  /** The engine was away: it may be another one now. */
  forget(): void {
    this.#found = undefined;
  }

  async #try(store: EngineIdentity['store']): Promise<Lane> {
    if (this.#choice === 'save') return { name: 'save', why: 'as asked for' };
    if (store === 'podman') return { name: 'save', why: 'Podman pushes and pulls by TLS only' };
    if (this.#choice === 'loopback') return { name: 'loopback', why: 'as asked for' };
    return (await reaches(this.#loopback))
      ? { name: 'loopback', why: 'the engine reaches this machine at 127.0.0.1' }
      : { name: 'save', why: 'the engine does not reach this machine at 127.0.0.1, as from within a VM' };
  }
}

/** Whether an engine comes to our loopback interface: it is told to pull an image there that does not exist. */
async function reaches({ client, registry }: Loopback): Promise<boolean> {
  let asked = false;
  const inTime = AbortSignal.timeout(trialMs);
  const repository = await registry.open(async (_request, response) => {
    asked = true;
    refuse(response, 404);
  });
  try {
    const { name, tag } = repository;
    await readAnswer(await client.pull(name, tag, inTime), client.endpoint);
  } catch (error) {
    const { code } = asP2pimgError(error);
    // What it says of the image means nothing, and an answer that is cut off looks like none.
    if (!inTime.aborted && (code === 'ENGINE_UNREACHABLE' || code === 'ENGINE_DENIED')) throw error;
  } finally {
    repository.close();
  }
  return asked;
}
