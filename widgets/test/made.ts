// StepCache for the tests, as the kernel half makes them.

import { Payload, type Head } from "../src/model/payload";

export function frame(head: Head, ...buffers: (ArrayBufferView | string)[]): Payload {
  return new Payload(
    head,
    buffers.map((b) => {
      const bytes =
        typeof b === "string"
          ? new TextEncoder().encode(b)
          : new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
      return new DataView(bytes.slice().buffer);
    }),
  );
}
