import { describe, expect, it } from "vitest";
import { bytes, column, number, quantity } from "../src/model/format";

describe("numbers", () => {
  it.each([
    [0.1 + 0.2, "0.3"],
    [1e21, "1e21"],
    [123456789, "123456789"],
    [0.00001234567, "1.2346e-5"],
    [NaN, "NaN"],
    [Infinity, "∞"],
    [-Infinity, "−∞"],
    [0, "0"],
  ])("writes %d as %s", (value, text) => expect(number(value)).toBe(text));

  // As `with_unit` of the kernel half does.
  it.each([
    [559_834_112, "B", "559.8 MB"],
    [0, "B", "0 B"],
    [999.99, "B", "1 kB"],
    [1.5e15, "B", "1500 TB"],
    [12_345, "B/s", "12.35 kB/s"],
    [41.25, "%", "41.25%"],
    [65, "°C", "65 °C"],
    [Infinity, "B", "∞"],
    [0.123456789, undefined, "0.123457"],
  ])("writes %d %s as %s", (value, unit, text) => expect(quantity(value, unit)).toBe(text));

  it("writes a column with the same decimals all the way down", () => {
    expect([0.5, 0.25, 3].map(column([0.5, 0.25, 3]))).toEqual(["0.50", "0.25", "3.00"]);
    expect([1, 20].map(column([1, 20]))).toEqual(["1", "20"]);
  });

  it("writes sizes in three figures", () => {
    expect([0, 999, 1000, 1_234_567, 999_999].map(bytes)).toEqual([
      "0 B",
      "999 B",
      "1.0 kB",
      "1.2 MB",
      "1.0 MB",
    ]);
  });
});
