import { describe, expect, it } from "vitest";
import { exponentialSmoothing } from "../src/model/smoothing";

describe("series", () => {
  it("smooths without the start's bias, and leaves gaps as gaps", () => {
    const out = exponentialSmoothing([5, 5, NaN, 5], 0.9);
    expect([out[0], out[1], out[3]].map((v) => v!.toFixed(6))).toEqual([
      "5.000000",
      "5.000000",
      "5.000000",
    ]);
    expect(out[2]).toBeNaN();
  });
});
