import { describe, expect, it } from "vitest";
import { diff } from "../src/renderers/text";

describe("what changed in a text", () => {
  it("finds lines added, removed and kept, in order", () => {
    expect(diff(["a", "b", "c"], ["a", "x", "c", "d"])).toEqual([
      ["same", "a"],
      ["removed", "b"],
      ["added", "x"],
      ["same", "c"],
      ["added", "d"],
    ]);
  });

  it("gives back both texts from the changes", () => {
    const before = "the quick brown fox jumps over the lazy dog".split(" ");
    const after = "a quick red fox jumped over that lazy old dog".split(" ");
    const changes = diff(before, after);
    expect(changes.filter(([k]) => k !== "added").map(([, l]) => l)).toEqual(before);
    expect(changes.filter(([k]) => k !== "removed").map(([, l]) => l)).toEqual(after);
  });

  it("does not fill the memory with two very long texts", () => {
    const many = (word: string) => Array.from({ length: 3000 }, (_, n) => `${word}${n}`);
    expect(diff(many("a"), many("b")).length).toBe(6000);
  });
});
