import { describe, expect, it } from "vitest";
import { unpackEntries } from "../src/model/pack";

/** A pack as Python makes it: a header and buffers, each at a multiple of 8. */
function pack(header: object, ...buffers: Uint8Array[]): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const parts = [new Uint8Array(4 + text.length), ...buffers];
  new DataView(parts[0]!.buffer).setUint32(0, text.length, true);
  parts[0]!.set(text, 4);
  const whole = parts.flatMap((part) => [...part, ...new Array(-part.length & 7).fill(0)]);
  return Uint8Array.from(whole).buffer;
}

const columns = { x: [0, "f8"], n: [1, "u2"] };

describe("a pack", () => {
  it("has columns as they are, or the first bytes of all numbers first, then the second ones", () => {
    const x = Float64Array.of(1.5, -2, 1e300);
    const n = Uint16Array.of(1, 770, 65535);
    const bytes = new Uint8Array(x.buffer);
    const byBytes = Uint8Array.from(bytes, (_, at) => bytes[(at % 3) * 8 + Math.floor(at / 3)]!);
    const listed = [
      [0, 0, 0, { columns }, [24, 6]],
      [
        0,
        0,
        1,
        { columns },
        [
          [24, 8],
          [6, 2],
        ],
      ],
    ];
    const packed = pack(
      { payloads: listed },
      bytes,
      new Uint8Array(n.buffer),
      byBytes,
      Uint8Array.of(1, 2, 255, 0, 3, 255),
    );
    const [, entries] = unpackEntries(packed);
    for (const { payload } of entries) {
      expect([...payload.column("x")]).toEqual([...x]);
      expect([...payload.column("n")]).toEqual([...n]);
    }
    expect(entries).toHaveLength(2);
  });
});
