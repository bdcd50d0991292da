// The wire: what the kernel half made of real values, which its own tests have written down, is what the page has types for.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { heads, isHead, type Head } from "../src/model/heads";
import type { PanelInfo } from "../src/model/model";
import { Payload } from "../src/model/payload";
import { parts } from "../src/renderers/overlay";

interface Sample {
  stem: string;
  info: PanelInfo;
  shared: Head;
  payload: Head | null;
  buffers: { shared: string[]; payload: string[] };
  /** The numbers that are in the buffers; of the lines of a chart, by "line/name". */
  columns: { shared: Record<string, number[]>; payload: Record<string, number[]> };
}

const folder = join(import.meta.dirname, "samples");
const samples = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name): Sample => JSON.parse(readFileSync(join(folder, name), "utf8")));

function decoded(head: Head, buffers: string[]): Record<string, number[]> {
  const views = buffers.map((text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return new DataView(bytes.buffer);
  });
  const payload = new Payload(head, views);
  const own = Object.keys(head.columns ?? {}).map((name) => [name, payload.column(name)] as const);
  const lines =
    "parts" in head
      ? [...parts(payload as Parameters<typeof parts>[0])].flatMap(([line, part]) =>
          Object.keys((part.head as Head).columns ?? {}).map(
            (name) => [`${line}/${name}`, part.column(name)] as const,
          ),
        )
      : [];
  return Object.fromEntries([...own, ...lines].map(([name, values]) => [name, [...values]]));
}

describe("the samples of the wire", () => {
  it("are of every renderer", () => {
    const stems = Object.keys(heads).filter((stem) => stem !== "runs");
    expect([...new Set(samples.map(({ stem }) => stem))].sort()).toEqual(stems.sort());
  });

  it.each(samples)("of $stem have heads that the page knows", ({ stem, info, shared, payload }) => {
    expect(info.view).toBe(stem);
    expect(isHead(stem, "shared", shared), JSON.stringify(shared)).toBe(true);
    if (payload) expect(isHead(stem, "step", payload), JSON.stringify(payload)).toBe(true);
    else expect(info.all_steps).toBe(true);
  });

  it.each(samples)("of $stem decode to the numbers that were encoded", (sample) => {
    expect(decoded(sample.shared, sample.buffers.shared)).toEqual(sample.columns.shared);
    if (sample.payload)
      expect(decoded(sample.payload, sample.buffers.payload)).toEqual(sample.columns.payload);
  });

  it.each(samples.filter(({ stem }) => stem === "metric" || stem === "curve"))(
    "of $stem have the line of a single artifact among its members",
    ({ info, shared }) => {
      expect(info.members?.length).toBeGreaterThan(0);
      expect("parts" in shared).toBe(true);
    },
  );

  it("are told apart from heads that are not of the wire", () => {
    expect(isHead("image", "step", { type: "image/png", size: 5 })).toBe(true);
    expect(isHead("image", "step", { error: "the asset is missing" })).toBe(true);
    expect(isHead("image", "step", { type: "image/png" })).toBe(false);
    expect(isHead("image", "step", { type: "image/png", size: 5, more: 1 })).toBe(false);
    expect(isHead("curve", "step", { parts: [[0, 0, 2, { error: "gone" }]] })).toBe(true);
    expect(isHead("nothing", "step", {})).toBe(false);
  });
});
