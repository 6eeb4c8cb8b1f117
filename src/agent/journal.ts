import type { GetEvent, SettingsChange, StatusReport } from '../control/api.js';
import { MetricsPort } from '../control/metrics-port.js';
import type { Discovery } from '../discovery/discovery.js';
import { lanInterfaces } from '../discovery/interfaces.js';
import { showEndpoint } from '../discovery/peer.js';
import { asP2pimgError, type P2pimgError } from '../error.js';
import { Log } from '../log/log.js';
import type { Neighbourhood } from './neighbours.js';
import type { Presence } from './presence.js';
import type { Run } from './shared-gets.js';
import { outcomeOf, Tally, type Transfer } from './tally.js';

type Trouble = NonNullable<StatusReport['troubles']>[number];

const mostTroubles = 10;

/** What happens to an agent: counted for the metrics, written to its log, and what went wrong kept for `status`. */
export class Journal {
  readonly tally = new Tally();
  readonly #log: Log;
  readonly #interfaces: readonly string[] | undefined;
  readonly #metricsPort: MetricsPort;
  /** By what went wrong, the last one last. */
  readonly #troubles = new Map<string, Trouble>();
  #isServing = false;

  /** `interfaces` are those to look for peers on, all where absent; `metrics` makes the text of the metrics. */
  constructor(
    log: Log | undefined,
    interfaces: readonly string[] | undefined,
    metrics: () => Promise<string>,
  ) {
    this.#log = log ?? new Log(() => undefined);
    this.#interfaces = interfaces;
    this.#metricsPort = new MetricsPort(metrics);
    this.tally.events.on('ended', (transfer) => this.#transferEnded(transfer));
  }

  /** What `status` tells of it: of what went wrong the last first. */
  status(): Pick<StatusReport, 'interfaces' | 'metricsPort' | 'troubles'> {
    return {
      interfaces: lanInterfaces(this.#interfaces).map(({ name, address }) => ({ name, address })),
      metricsPort: this.#metricsPort.port,
      troubles: [...this.#troubles.values()].toReversed(),
    };
  }

  /** Serves the metrics as a change of the settings says. Throws `PORT_TAKEN`, and then the setting must stay as it is. */
  async serveMetrics(change: SettingsChange): Promise<void> {
    if (change.type === 'metrics' && this.#isServing) await this.#metricsPort.set(change.port);
  }

  /** Begins to serve them where that is configured; a port that is taken is trouble, and ends nothing. */
  async beginServing(port: number | undefined, trouble: (error: P2pimgError) => void): Promise<void> {
    this.#isServing = true;
    await this.#metricsPort.set(port).catch((error: unknown) => {
      this.#trouble(asP2pimgError(error));
      trouble(asP2pimgError(error));
    });
  }

  close(): Promise<void> {
    return this.#metricsPort.set(undefined);
  }

  #trouble({ code, message }: P2pimgError): void {
    const key = `${code} ${message}`;
    const times = (this.#troubles.get(key)?.times ?? 0) + 1;
    this.#troubles.delete(key);
    this.#troubles.set(key, { at: new Date().toISOString(), code, message, times });
    const [oldest] = this.#troubles.keys();
    if (this.#troubles.size > mostTroubles && oldest !== undefined) this.#troubles.delete(oldest);
  }

  /** Writes down who comes and who goes, and keeps what goes wrong; that is written to the log by who hears of it too. */
  follow(neighbourhood: Neighbourhood, presence: Presence, discovery: Discovery): void {
    presence.events.on('trouble', (error) => this.#trouble(error));
    discovery.events.on('trouble', (error) => this.#trouble(error));
    neighbourhood.events.on('failed', ({ name, endpoints }, { code, message }) => {
      const at = endpoints.map(showEndpoint);
      this.#log.write('debug', 'a peer could not be met', { peer: name, at, code, reason: message });
    });
    let before = new Map<string, string>();
    neighbourhood.events.on('changed', () => {
      const now = new Map(neighbourhood.all().map(({ peerId, name }) => [peerId as string, name]));
      for (const [id, name] of now)
        if (!before.has(id)) this.#log.write('info', 'a peer came', { peer: name, id: id.slice(0, 12) });
      for (const [id, name] of before)
        if (!now.has(id)) this.#log.write('info', 'a peer went', { peer: name, id: id.slice(0, 12) });
      before = now;
    });
  }

  /** Counts what a `get` brings, and how it ends; one that only asks is no transfer. */
  counting(run: Run): Run {
    return async (request, emit, signal) => {
      if (request.dryRun) return run(request, emit, signal);
      const began = Date.now();
      const received = new Received(this.tally);
      const ended = (code?: P2pimgError['code']): void =>
        this.tally.ended({
          type: 'got',
          image: request.image,
          peer: received.peer,
          outcome: received.already ? 'already' : outcomeOf(code),
          code,
          bytes: received.bytes,
          ms: Date.now() - began,
        });
      try {
        await run(
          request,
          (event) => {
            received.note(event);
            emit(event);
          },
          signal,
        );
        if (!received.pulled) ended();
      } catch (error) {
        ended(asP2pimgError(error).code);
        throw error;
      }
    };
  }

  #transferEnded({ type, image, peer, outcome, code, bytes, ms }: Transfer): void {
    const level = outcome === 'done' || outcome === 'already' ? 'info' : 'warn';
    const message = type === 'gave' ? 'an image was given' : 'an image was got';
    this.#log.write(level, outcome === 'done' ? message : `${message}, or not`, {
      outcome,
      image,
      peer: peer?.slice(0, 64),
      bytes,
      ms,
      code,
    });
  }
}

/** What the events of one `get` come to. */
class Received {
  peer: string | undefined;
  bytes = 0;
  already = false;
  pulled = false;
  readonly #tally: Tally;
  #wire = 0;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  note(event: GetEvent): void {
    switch (event.type) {
      case 'found':
        this.peer = event.peer.name;
        return;
      case 'plan':
        this.#wire = 0; // it begins anew
        return;
      case 'progress':
        this.#upTo(event.wire);
        return;
      case 'done':
        this.already = event.already;
        this.pulled = event.pulled ?? false;
        this.#upTo(event.wire);
        return;
      default: // the others say nothing of bytes
    }
  }

  #upTo(wire: number): void {
    const more = Math.max(0, wire - this.#wire);
    this.#wire = Math.max(wire, this.#wire);
    this.bytes += more;
    this.#tally.receivedBytes += more;
  }
}
