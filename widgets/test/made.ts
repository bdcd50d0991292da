// Payloads for the tests, as the kernel half makes them.

import type { Head, NumberType, RunField, RunsHead } from "../src/model/payload-heads";
import { Payload } from "../src/model/payload";

export function payload<H extends Head>(
  head: H,
  ...buffers: (ArrayBufferView | string)[]
): Payload<H> {
  return new Payload(
    head,
    buffers.map((buffer) => {
      const bytes =
        typeof buffer === "string"
          ? new TextEncoder().encode(buffer)
          : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
      return new DataView(bytes.slice().buffer);
    }),
  );
}
export { payload as frame };

/** A table of runs of values by the field's name; `outputs.loss min` is a result with that goal. Texts are fields of words. */
export function runsPayload(
  values: Record<string, (string | number | null)[]>,
  hidesArchived = false,
): Payload<RunsHead> {
  const buffers: ArrayBufferView[] = [];
  const columns: NonNullable<RunsHead["columns"]> = {};
  const add = (name: string, type: NumberType, column: ArrayBufferView): void => {
    columns[name] = [buffers.length, type];
    buffers.push(column);
  };
  const fields = Object.entries(values).map(([key, list], n): RunField => {
    const [path = "", goal] = key.split(" ");
    const at = path.indexOf(".");
    const named = { group: path.slice(0, Math.max(0, at)), name: path.slice(at + 1) };
    const better =
      goal === "max" || goal === "min" ? ({ goal, why: "guessed from its name" } as const) : {};
    if (list.some((value) => typeof value === "string")) {
      const words = [...new Set(list.map(String))];
      add(
        `c${n}`,
        "u4",
        Uint32Array.from(list, (value) => words.indexOf(String(value))),
      );
      return { ...named, kind: "text", words };
    }
    add(
      `v${n}`,
      "f8",
      Float64Array.from(list, (value) => (value === null ? NaN : Number(value))),
    );
    add(
      `n${n}`,
      "u1",
      Uint8Array.from(list, (value) => Number(value === null)),
    );
    const kind =
      named.name === "created" ? "time" : named.name === "duration" ? "seconds" : "number";
    return { ...named, kind, ...better };
  });
  const rows = Object.values(values)[0]!.length;
  return payload({ rows, fields, columns, hides_archived: hidesArchived }, ...buffers);
}
