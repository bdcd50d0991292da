import { describe, expect, it } from "vitest";
import {
  evenUpTo,
  extent,
  marksOf,
  roomy,
  toPixels,
  valueAt,
  type Range,
} from "../src/renderers/axes";

const labels = (...told: Parameters<typeof marksOf>) =>
  marksOf(...told)
    .map(({ label }) => label)
    .filter(Boolean);
const seconds = (year: number, month: number, day: number, hour = 0, minute = 0, second = 0) =>
  new Date(year, month, day, hour, minute, second).getTime() / 1000;

describe("a range", () => {
  it("is of the finite numbers, of the positive ones for a logarithm", () => {
    expect(extent([NaN, -1, 3, Infinity])).toEqual([-1, 3]);
    expect(extent([NaN, -1, 3, 0.5], true)).toEqual([0.5, 3]);
  });

  it("has air around it and is never empty", () => {
    for (const log of [false, true])
      for (const range of [extent([]), extent([5]), extent([0]), extent([-3, 4])]) {
        const [low, high] = roomy(range, log);
        expect(high).toBeGreaterThan(low);
        if (log) expect(low).toBeGreaterThan(0);
      }
  });

  it("leads from values to pixels and back, on a logarithmic axis too", () => {
    for (const log of [false, true]) {
      const range: Range = [1, 10_000];
      const px = toPixels(range, 200, log);
      for (const value of [1, 100, 5_000])
        expect(valueAt(range, px(value) / 200, log)).toBeCloseTo(value, 6);
    }
    expect(toPixels([1, 10_000], 200, true)(100)).toBe(100);
    expect(toPixels([1, 10], 200, true)(0)).toBeNaN();
  });
});

describe("an axis of both signs", () => {
  it("goes by powers of ten away from zero, and has a place for every number", () => {
    const range: Range = [-80_000, 140_000];
    const even = evenUpTo(range);
    expect(even).toBe(100);
    const px = toPixels(range, 300, even);
    const places = [-80_000, -100, -1, 0, 1, 100, 140_000].map(px);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    for (const value of [-5_000, 0, 3, 70_000])
      expect(valueAt(range, px(value) / 300, even)).toBeCloseTo(value, 6);
    const [low, high] = roomy(range, even);
    expect(low).toBeLessThan(-80_000);
    expect(low).toBeGreaterThan(-160_000);
    expect(high).toBeGreaterThan(140_000);
    expect(labels(range, 8, { log: even })).toEqual(["-10k", "-1000", "0", "1000", "10k", "100k"]);
    expect(roomy([0, 0], evenUpTo([0, 0]))[1]).toBeGreaterThan(0);
    expect(labels([1, 3], 4, { log: 100 })).toEqual(["1", "1.5", "2", "2.5", "3"]);
  });
});

describe("the marks of an axis", () => {
  it("of steps are whole numbers", () => {
    expect(labels([0, 3], 12, { whole: true })).toEqual(["0", "1", "2", "3"]);
    expect(labels([-1, 1], 9, { whole: true })).toEqual(["-1", "0", "1"]);
  });

  it("are written alike, with their unit", () => {
    expect(labels([0, 3e-4], 4)).toEqual(["0", "1e-4", "2e-4", "3e-4"]);
    expect(labels([0, 40_000], 4)).toEqual(["0", "10k", "20k", "30k", "40k"]);
    expect(labels([0, 2.5e6], 4)).toEqual(["0", "1M", "2M"]);
    expect(labels([0, 6e8], 3, { unit: "B" })).toEqual(["0 MB", "200 MB", "400 MB", "600 MB"]);
    expect(labels([0, 100], 2, { unit: "%" })).toEqual(["0%", "50%", "100%"]);
    expect(labels([60, 70], 2, { unit: "°C" })).toEqual(["60 °C", "65 °C", "70 °C"]);
    expect(labels([1, 1e6], 4, { log: true })).toEqual(["1", "100", "10k", "1M"]);
    expect(labels([10_000, 10_000.004], 4)).toEqual([
      ...["10000", "10000.001", "10000.002", "10000.003", "10000.004"],
    ]);
  });

  it("are round numbers, as many as there is room for", () => {
    expect(labels([-0.04, 1.04], 6)).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "1"]);
    expect(labels([0, 3000], 6)).toEqual(["0", "500", "1000", "1500", "2000", "2500", "3000"]);
    expect(labels([0.1, 0.35], 3)).toEqual(["0.1", "0.2", "0.3"]);
    expect(labels([1e12, 1e12 + 2], 2)).toEqual([
      "1000000000000",
      "1000000000001",
      "1000000000002",
    ]);
    expect(marksOf([1, 1], 5)).toEqual([]);
    expect(marksOf([NaN, NaN], 5)).toEqual([]);
  });

  it("have words where there are some, none between them", () => {
    const names = ["a", "b"];
    const words = (value: number) => names[value] ?? "";
    expect(marksOf([-0.4, 1.4], 20, { words })).toEqual([
      { at: 0, label: "a" },
      { at: 1, label: "b" },
    ]);
  });

  it("of a logarithm are powers of ten, with lines between; of many decades some", () => {
    const marks = marksOf([1, 1000], 5, { log: true });
    expect(marks.filter(({ label }) => label).map(({ at }) => at)).toEqual([1, 10, 100, 1000]);
    expect(marks.length).toBe(28);
    expect(labels([1e-12, 1e12], 6, { log: true }).length).toBeLessThan(8);
    expect(labels([0.01, 1], 20, { log: true })).toEqual([
      ...["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"],
    ]);
    expect(labels([2, 4], 4, { log: true })).toEqual(["2", "2.5", "3", "3.5", "4"]);
  });

  it("of time are at round times of the clock, with the date where it changes", () => {
    const time = (from: number, length: number, most = 6) =>
      labels([from, from + length], most, { time: true });
    expect(time(seconds(2025, 10, 25, 22), 0.2, 3)).toEqual([
      "22:00:00.000\n2025-11-25",
      "22:00:00.100",
      "22:00:00.200",
    ]);
    expect(time(seconds(2025, 10, 25, 23, 59, 50), 20, 4)).toEqual([
      "23:59:50\n2025-11-25",
      "23:59:55",
      "00:00:00\n2025-11-26",
      "00:00:05",
      "00:00:10",
    ]);
    expect(time(seconds(2025, 10, 25, 9, 7), 3600)).toEqual([
      ...["09:10\n2025-11-25", "09:20", "09:30", "09:40", "09:50", "10:00"],
    ]);
    expect(time(seconds(2025, 11, 30), 4 * 86_400, 5)).toEqual([
      ...["12-30\n2025", "12-31", "01-01\n2026", "01-02", "01-03"],
    ]);
    expect(time(seconds(2025, 10, 25), 200 * 86_400, 8)).toEqual([
      ...["2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"],
    ]);
    expect(time(seconds(2025, 0, 1), 20 * 366 * 86_400)).toEqual([
      ...["2025", "2030", "2035", "2040", "2045"],
    ]);
  });
});
