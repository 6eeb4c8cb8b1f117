/**
 * What `work` makes of each item, in order. Up to `limit` items are at work or done and not taken yet, so that reading,
 * work and taking overlap. A failure comes after all that was before it. Who leaves early stops the items; with `forget`
 * it does not wait for the one that is being read.
 */
export async function* ahead<T, U>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<U>,
  limit: number,
  onLeaving: 'wait' | 'forget' = 'wait',
): AsyncGenerator<U> {
  const made: Promise<U>[] = [];
  const reading = new Reading(items, limit, made, work);
  try {
    for (;;) {
      const [first] = made;
      if (first !== undefined) {
        const one = await first;
        made.shift();
        reading.wake();
        yield one;
      } else if (reading.state.type === 'failed') throw reading.state.error;
      else if (reading.state.type === 'ended') return;
      else await reading.changed();
    }
  } finally {
    const over = reading.leave();
    if (onLeaving === 'wait') await over;
  }
}

type State =
  | { readonly type: 'reading' | 'ended' | 'left' }
  | { readonly type: 'failed'; readonly error: unknown };

class Reading<T, U> {
  state: State = { type: 'reading' };
  readonly #made: Promise<U>[];
  readonly #over: Promise<void>;
  #wakeReader = (): void => undefined;
  #wakeTaker = (): void => undefined;

  constructor(items: AsyncIterable<T>, limit: number, made: Promise<U>[], work: (item: T) => Promise<U>) {
    this.#made = made;
    this.#over = this.#read(items, limit, work);
  }

  /** Resolves when there is more, or no more. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeTaker = resolve;
    });
  }

  wake(): void {
    this.#wakeReader();
  }

  /** Resolves when the items were told to stop. */
  leave(): Promise<void> {
    if (this.state.type === 'reading') this.state = { type: 'left' };
    this.#wakeReader();
    return this.#over;
  }

  async #read(items: AsyncIterable<T>, limit: number, work: (item: T) => Promise<U>): Promise<void> {
    try {
      for await (const item of items) {
        if (this.#hasLeft()) break;
        const one = work(item);
        one.catch(() => undefined); // whoever takes it is told
        this.#made.push(one);
        this.#wakeTaker();
        while (this.#made.length >= limit && !this.#hasLeft()) await this.#room();
        if (this.#hasLeft()) break;
      }
      if (!this.#hasLeft()) this.state = { type: 'ended' };
    } catch (error) {
      if (!this.#hasLeft()) this.state = { type: 'failed', error };
    }
    this.#wakeTaker();
  }

  #hasLeft(): boolean {
    return this.state.type === 'left';
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }
}
