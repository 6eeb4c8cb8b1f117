/** What is to be undone at the end, whatever comes of the bench: last first, each tried. */
export class Undo {
  readonly #steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** Undoes all; rejects, when all is tried, with the first failure. */
  async all(): Promise<void> {
    const failures: unknown[] = [];
    for (;;) {
      const step = this.#steps.pop();
      if (step === undefined) break;
      await step().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
