/** Where values lie on a plot. */

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Round numbers between both. */
  readonly ticks: readonly number[];
  /** Decimals that tell one tick from the next. */
  readonly decimals: number;
  readonly at: (value: number) => number;
}

/** From values to places between `from` and `to`, with about `count` round ticks. */
export function scaleOf(low: number, high: number, from: number, to: number, count = 5): Scale {
  // Values that are all alike lie in the middle.
  const half = high > low ? 0 : Math.abs(low) * 0.02 || 0.5;
  const [first, last] = [low - half, high + half];
  const at = (value: number) => from + ((value - first) / (last - first)) * (to - from);
  const ticks = ticksOf(first, last, count);
  const step = ticks.length > 1 ? (ticks[1] ?? 0) - (ticks[0] ?? 0) : last - first;
  return { low: first, high: last, ticks, decimals: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), at };
}

/** Multiples of 1, 2 or 5 times a power of ten between both. */
export function ticksOf(low: number, high: number, count: number): number[] {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((each) => each * power >= rough * 0.999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Multiples, not sums: 0.1 added ten times is not 1. Rounded, so that they are written as they are meant.
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
