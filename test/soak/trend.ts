/** How a quantity went over a run. */
export interface Trend {
  readonly first: number;
  readonly last: number;
  /** What the least-squares line through the samples rises by, from the first to the last. */
  readonly growth: number;
}

/** The trend of a quantity that was sampled at these times, or any other steps. */
export function trendOf(samples: readonly { readonly at: number; readonly value: number }[]): Trend {
  const middle = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  const [meanAt, meanValue] = [
    middle(samples.map(({ at }) => at)),
    middle(samples.map(({ value }) => value)),
  ];
  let [covariance, variance] = [0, 0];
  for (const { at, value } of samples) {
    covariance += (at - meanAt) * (value - meanValue);
    variance += (at - meanAt) ** 2;
  }
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || variance === 0) throw new Error('too few samples');
  return {
    first: first.value,
    last: last.value,
    growth: (covariance / variance) * (last.at - first.at),
  };
}
