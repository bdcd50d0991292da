import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "..", "src");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);

describe("the sources", () => {
  it.each(sources)("%s hands no text to a parser of markup or of code", (name) => {
    const source = readFileSync(join(folder, name), "utf8");
    expect(source).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|(?<!unsafe-)\beval\b|new Function|setHTMLUnsafe/,
    );
  });

  it.each(sources)("%s names no address", (name) => {
    const source = readFileSync(join(folder, name), "utf8").replace(
      "http://www.w3.org/2000/svg",
      "",
    );
    expect(source).not.toMatch(/https?:\/\//);
  });
});
