import { describe, expect, it } from "vitest";
import { around } from "../src/renderers/filmstrip";

describe("the steps of a row of small pictures", () => {
  it("has the step on screen in the middle, and stays within the steps", () => {
    expect(around(10, 100, 5)).toEqual([8, 9, 10, 11, 12]);
    expect(around(0, 100, 5)).toEqual([0, 1, 2, 3, 4]);
    expect(around(99, 100, 5)).toEqual([95, 96, 97, 98, 99]);
    expect(around(1, 2, 5)).toEqual([0, 1]);
    expect(around(0, 0, 5)).toEqual([]);
  });
});
