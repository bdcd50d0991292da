// Figures of several numbers, as pandas counts them: what is missing and NaN are left out, and the deviation is that of a sample.

export interface Figures {
  /** How many numbers there are. */
  count: number;
  mean: number;
  std: number;
  min: number;
  max: number;
}

export function figuresOf(values: Iterable<number>): Figures {
  const numbers: number[] = [];
  for (const value of values) if (!Number.isNaN(value)) numbers.push(value);
  const count = numbers.length;
  if (count === 0) return { count, mean: NaN, std: NaN, min: NaN, max: NaN };
  const mean = sum(numbers) / count;
  const squares = sum(numbers.map((value) => (value - mean) * (value - mean)));
  let [min, max] = [numbers[0]!, numbers[0]!];
  for (const value of numbers) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { count, mean, std: count > 1 ? Math.sqrt(squares / (count - 1)) : NaN, min, max };
}

/** A sum that keeps what each addition rounds away, as pandas' does. */
function sum(numbers: readonly number[]): number {
  let [total, lost] = [0, 0];
  for (const value of numbers) {
    const y = value - lost;
    const next = total + y;
    lost = Number.isFinite(next) ? next - total - y : 0;
    total = next;
  }
  return total;
}

/** The better end of some figures; NaN where none is known to be. */
export const bestOf = (figures: Figures, goal: "max" | "min" | undefined): number =>
  goal ? figures[goal] : NaN;
