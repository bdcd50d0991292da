import { describe, expect, it } from "vitest";
import { fileUrl, Payload, strings } from "../src/model/payload";
import { payload } from "./made";

describe("decoding", () => {
  it("reads a column wherever the wire has put it", () => {
    const bytes = new Uint8Array(3 + 16);
    new DataView(bytes.buffer).setFloat64(3, 1.5, true);
    new DataView(bytes.buffer).setFloat64(11, -2, true);
    const shifted = new Payload({ columns: { x: [0, "f8"] } }, [new DataView(bytes.buffer, 3, 16)]);
    expect([...shifted.column("x")]).toEqual([1.5, -2]);
  });

  it("makes the numbers of a range", () => {
    const columns = { down: [[5, -5, 3], "f8"], at: [[0, 1, 4], "u4"] } as const;
    const ranged = payload({ columns: structuredClone(columns) as any });
    expect([...ranged.column("down")]).toEqual([5, 0, -5]);
    expect(ranged.column("at")).toEqual(new Uint32Array([0, 1, 2, 3]));
    expect(ranged.has("at")).toBe(true);
  });

  it("gives an empty column for one that is not there", () => {
    expect(payload({}).column("x").length).toBe(0);
  });

  it("reads packed strings, empty ones and those beyond ASCII too", () => {
    const words = ["a", "", "損失", "🙂"];
    const packed = words.join("");
    let end = 0;
    const ends = new Uint32Array(words.map((w) => (end += new TextEncoder().encode(w).length)));
    expect(strings(payload({ columns: { e: [0, "u4"] } }, ends, packed), "e", 1)).toEqual(words);
  });

  it("gives a picture of SVG no address of the page, where its scripts could run", () => {
    const bytes = new TextEncoder().encode(`<svg>${"é".repeat(40_000)}</svg>`);
    const url = fileUrl(new DataView(bytes.buffer), "image/svg+xml");
    expect(url.startsWith("data:image/svg+xml;base64,")).toBe(true);
    const read = Uint8Array.from(atob(url.split(",")[1]!), (c) => c.charCodeAt(0));
    expect(new TextDecoder().decode(read)).toBe(new TextDecoder().decode(bytes));
  });
});
