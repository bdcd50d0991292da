// A line made smooth.

/** Exponential smoothing that starts at the first value, not at zero; gaps stay gaps. */
export function exponentialSmoothing(values: ArrayLike<number>, weight: number): Float64Array {
  const out = new Float64Array(values.length);
  let last = 0;
  let mass = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      out[i] = NaN;
      continue;
    }
    last = last * weight + (1 - weight) * value;
    mass = mass * weight + (1 - weight);
    out[i] = last / mass;
  }
  return out;
}
