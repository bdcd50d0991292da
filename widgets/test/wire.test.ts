// Whole numbers that come as ranges: the kernel half's own tests have written down what it sends, and what is meant.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeNumbers, decodeView, type Piece } from "../src/model/wire";

const samples: {
  numbers: { name: string; numbers: unknown[]; sent: Piece[] }[];
  scene: { said: object; sent: Parameters<typeof decodeView>[0] };
} = JSON.parse(
  readFileSync(join(import.meta.dirname, "samples", "numbers", "numbers.json"), "utf8"),
);

describe("whole numbers on the wire", () => {
  it.each(samples.numbers)("are again what they were: $name", ({ numbers, sent }) => {
    expect(decodeNumbers(sent)).toEqual(numbers);
  });

  it("are lists again wherever a description has them", () => {
    expect(decodeView(samples.scene.sent)).toEqual(samples.scene.said);
  });

  it("may be a list as they are", () => {
    expect(decodeNumbers([null, 3, "9007199254740993", -1])).toEqual([
      null,
      3,
      "9007199254740993",
      -1,
    ]);
  });
});
