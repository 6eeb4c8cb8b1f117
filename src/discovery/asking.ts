const firstDelayMs = 1_000;
const longestDelayMs = 60_000;

/**
 * When to ask who is there: at once, after 1, 2, 4 … seconds, then every minute. In that last phase somebody else's
 * question counts as ours (RFC 6762, 7.3), as the answers reach everybody: a LAN of any size asks once a minute.
 */
export class AskSchedule {
  private readonly ask: () => void;
  private delayMs = firstDelayMs;
  private timer: NodeJS.Timeout | undefined;

  constructor(ask: () => void) {
    this.ask = ask;
  }

  /** Begins to ask, after the shortest delay; nothing where it has begun. */
  start(): void {
    if (this.timer === undefined) this.wait();
  }

  /** Asks now, and begins with the short delays again. */
  restart(): void {
    this.delayMs = firstDelayMs;
    this.askNow();
  }

  /** Somebody asked the same question on this link. */
  heardOther(): void {
    if (this.timer !== undefined && this.delayMs === longestDelayMs) this.wait();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private askNow(): void {
    this.ask();
    this.wait();
    this.delayMs = Math.min(longestDelayMs, this.delayMs * 2);
  }

  private wait(): void {
    clearTimeout(this.timer);
    // A tenth at random, so that not everybody asks at the same moment.
    this.timer = setTimeout(() => this.askNow(), this.delayMs * (1 + Math.random() / 10));
    this.timer.unref();
  }
}
