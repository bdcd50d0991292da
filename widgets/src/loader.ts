// The module that every widget carries: it unpacks the bundle that comes with the widget, once a page.
// Were the bundle itself the module, every widget would keep its text.

import { freeWhenClosed } from "./closed";
import type { Model } from "./model/model";

type Bundle = { render(model: unknown, el: HTMLElement): Promise<() => void> };

/** The bundles of the page by their hashes. Under a symbol: any element could have a name of text. */
const BUNDLES = Symbol.for("jupyter_tracking.bundles");
const bundles: Map<string, Promise<Bundle>> = ((globalThis as any)[BUNDLES] ??= new Map());

async function unpack(packed: DataView): Promise<Bundle> {
  const stream = new Blob([packed as unknown as BlobPart])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const url = URL.createObjectURL(
    new Blob([await new Response(stream).text()], { type: "text/javascript" }),
  );
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

export default {
  initialize({ model }: { model: Model }) {
    freeWhenClosed(model);
  },
  async render({ model, el }: { model: Model; el: HTMLElement }) {
    const name: string = model.get("bundle_hash");
    const bundle = bundles.get(name) ?? unpack(model.get("bundle"));
    bundles.set(name, bundle);
    return (await bundle).render(model, el);
  },
};
