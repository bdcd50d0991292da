// A saved page's data: a header, and payloads one after the other.

import { Payload } from "./payload";
import type { Head } from "./payload-heads";

/** A payload of a pack: of which scene and panel it is, and of which step. What is no scene has the number -1. */
export interface Entry {
  scene: number;
  panel: number;
  number: number;
  payload: Payload;
}

/** How many bytes a buffer has; and of a column that is packed by bytes, how many a number has. */
type Size = number | [size: number, width: number];

/** Take a pack apart: length of the header, header, then the buffers, each starting at a multiple of 8 (`pack` in Python). */
export function unpackEntries<Header extends object>(pack: ArrayBuffer): [Header, Entry[]] {
  type Listed = [scene: number, panel: number, number: number, head: Head, sizes: Size[]];
  const length = new DataView(pack).getUint32(0, true);
  const text = new TextDecoder().decode(new Uint8Array(pack, 4, length));
  const header: Header & { payloads: Listed[] } = JSON.parse(text);
  const aligned = (offset: number) => Math.ceil(offset / 8) * 8;
  let offset = aligned(4 + length);
  const entries = header.payloads.map(([scene, panel, number, head, sizes]) => {
    const buffers = sizes.map((listed) => {
      const [size, width = 1] = [listed].flat();
      const view = new DataView(pack, offset, size);
      offset = aligned(offset + size!);
      return width > 1 ? byNumbers(view, width) : view;
    });
    return { scene, panel, number, payload: new Payload(head, buffers) };
  });
  return [header, entries];
}

/** The numbers of a column that is packed with the first bytes of all of them first, then the second ones, and so on. */
function byNumbers({ buffer, byteOffset, byteLength }: DataView, width: number): DataView {
  const bytes = new Uint8Array(byteLength);
  const count = byteLength / width;
  new Uint8Array(buffer, byteOffset, byteLength).forEach((byte, at) => {
    bytes[(at % count) * width + Math.floor(at / count)] = byte;
  });
  return new DataView(bytes.buffer);
}
