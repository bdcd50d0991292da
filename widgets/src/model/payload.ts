// A payload is what one artifact shows at one step: a small head and binary columns.

import type { Head, NumberType, Range } from "./payload-heads";

const types = {
  f4: Float32Array,
  f8: Float64Array,
  i4: Int32Array,
  i2: Int16Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
} as const satisfies Record<NumberType, unknown>;
export type Column = InstanceType<(typeof types)[NumberType]>;

export class Payload<H extends Head = Head> {
  readonly bytes: number;
  private readonly cache = new Map<string, Column>();

  constructor(
    readonly head: H,
    readonly buffers: DataView[],
  ) {
    this.bytes = 200 + buffers.reduce((sum, b) => sum + b.byteLength, 0);
  }

  /** A column of numbers by name; empty when the payload has none. */
  column(name: string): Column {
    let column = this.cache.get(name);
    if (!column) {
      const [at, kind] = this.head.columns?.[name] ?? [-1, "u1" as const];
      column = typeof at === "number" ? typed(this.buffers[at], kind) : ranged(at, kind);
      this.cache.set(name, column);
    }
    return column;
  }

  has(name: string): boolean {
    return this.head.columns?.[name] !== undefined;
  }

  text(at: number): string {
    const view = this.buffers[at];
    return view ? new TextDecoder().decode(view) : "";
  }
}

function ranged([first, by, count]: Range, kind: NumberType): Column {
  return new types[kind](count).map((_, n) => first + by * n);
}

function typed(view: DataView | undefined, kind: NumberType): Column {
  const Make = types[kind];
  if (!view) return new Make(0);
  const length = Math.floor(view.byteLength / Make.BYTES_PER_ELEMENT);
  if (view.byteOffset % Make.BYTES_PER_ELEMENT === 0)
    return new Make(view.buffer as ArrayBuffer, view.byteOffset, length);
  // A message's buffers may begin anywhere; typed arrays of wide numbers may not, so these are copied.
  return new Make(
    view.buffer.slice(
      view.byteOffset,
      view.byteOffset + length * Make.BYTES_PER_ELEMENT,
    ) as ArrayBuffer,
  );
}

/** Strings packed as Arrow does: one UTF-8 buffer and their ends. */
export function strings(payload: Payload, ends: string, at: number): string[] {
  const view = payload.buffers[at];
  if (!view) return [];
  const decoder = new TextDecoder();
  const out: string[] = [];
  let from = 0;
  for (const end of payload.column(ends)) {
    out.push(decoder.decode(new DataView(view.buffer, view.byteOffset + from, end - from)));
    from = end;
  }
  return out;
}

/**
 * The address of bytes as a file in the page's memory, which stays there until its address is revoked. A picture of SVG, which is a document
 * with scripts when it is opened by itself, has an address that is not of this page.
 */
export function fileUrl(view: DataView, type = ""): string {
  const bytes = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
  if (type !== "image/svg+xml") return URL.createObjectURL(new Blob([bytes], { type }));
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return `data:${type};base64,${btoa(text)}`;
}

/** How many bytes are made characters by one call. */
const CHUNK = 0x8000;
