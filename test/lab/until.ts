/** Milliseconds from `since` until the answer holds; each question is asked when the last is answered. Rejects, with the last answer, after `withinMs`. */
export async function until<T>(
  ask: () => Promise<T>,
  holds: (answer: T) => boolean,
  { since = performance.now(), withinMs = 30_000 } = {},
): Promise<number> {
  for (;;) {
    const answer = await ask();
    const ms = performance.now() - since;
    if (holds(answer)) return ms;
    if (ms > withinMs)
      throw new Error(`not within ${withinMs} ms; the last answer: ${JSON.stringify(answer)}`);
  }
}
