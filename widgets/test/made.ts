// Payloads for the tests, as the kernel half makes them.

import type { Head } from "../src/model/payload-heads";
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
