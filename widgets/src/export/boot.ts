// The small script inside a saved view. It decides who shows: the live widget while it is there, else this page's copy.
// It stands alone: the bundle is unpacked only when it is needed.

type Bundle = { page(host: HTMLElement, pack: ArrayBuffer): () => void };

const SOON = 1500;
const LATE = 8000;
/** A widget that goes because its cell runs again takes its twin along a moment later. */
const MOMENT = 150;

async function inflate(from: Element): Promise<Response> {
  const text = atob((from.textContent ?? "").trim());
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}

function begin(root: HTMLElement): void {
  const shelf: Record<string, Promise<Bundle>> = ((globalThis as any).jupyterTrackingBundles ??=
    {});
  const key = root.dataset["jtTwin"] ?? "";
  const still = root.querySelector<HTMLElement>(".jt-still");
  const host = document.createElement("div");
  root.append(host);
  // The outputs of this cell, and among them the one before ours, which is the widget's.
  const area = root.closest<HTMLElement>(
    ".jp-OutputArea, .output_wrapper, .cell-output, .cell_output",
  );
  const child = root.closest<HTMLElement>(".jp-OutputArea-child, .output_area, .output");
  const seen = new Set<string>();
  const began = Date.now();
  let drawn = false;
  let attached = false;
  let back: IntersectionObserver | null = null;

  const before = (): HTMLElement | null => {
    const element = child?.previousElementSibling;
    return element instanceof HTMLElement ? element : null;
  };

  function live(): boolean {
    if (!area) return seen.has(key);
    for (const element of area.querySelectorAll("[data-jt-live]")) {
      if (element.getAttribute("data-jt-live") === key && !element.hasAttribute("data-jt-dead"))
        return true;
    }
    return false;
  }

  /** The line that a widget without its model leaves, or the line of text that stands for it. */
  function hollow(element: HTMLElement | null): boolean {
    if (!element) return false;
    if (element.querySelector("[data-jt-dead]")) return true;
    const words = (element.textContent ?? "").trim();
    return (
      (/model not found|error displaying widget/i.test(words) && words.length < 300) ||
      words === root.dataset["jtLine"]
    );
  }

  async function draw(): Promise<void> {
    if (drawn) return;
    drawn = true;
    try {
      const code = root.querySelector(".jt-code")!;
      const hash = code.getAttribute("data-hash") ?? "";
      shelf[hash] ??= (async () => {
        const text = await (await inflate(code)).text();
        return import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
      })();
      const pack = await (await inflate(root.querySelector(".jt-data")!)).arrayBuffer();
      (await shelf[hash]!).page(host, pack);
      if (still) still.hidden = true;
    } catch (error) {
      // The still picture stays.
      console.error("jupyter-tracking:", error);
    }
  }

  /** Out of the page, for good or because it was scrolled away: nothing is drawn until it is back. */
  function away(): boolean {
    attached ||= root.isConnected;
    if (!attached || root.isConnected) return false;
    watcher.disconnect();
    if (!back && typeof IntersectionObserver === "function") {
      back = new IntersectionObserver(() => {
        if (!root.isConnected) return;
        back?.disconnect();
        back = null;
        watch();
        decide();
      });
      back.observe(area ?? root);
    }
    return true;
  }

  function decide(): void {
    if (away()) return;
    if (live()) {
      root.hidden = true;
      const widget = before();
      if (widget?.dataset["jtHid"]) {
        widget.hidden = false;
        delete widget.dataset["jtHid"];
        widget.style.removeProperty("display");
      }
      watcher.disconnect();
      return;
    }
    const widget = before();
    const empty = hollow(widget);
    const waited = Date.now() - began;
    const loading = /loading widget/i.test(widget?.textContent ?? "");
    if (!empty && area && waited < (loading ? LATE : SOON)) return;
    if (widget && empty) {
      widget.dataset["jtHid"] = "yes";
      widget.style.setProperty("display", "none", "important");
    }
    root.hidden = false;
    void draw();
  }

  const watcher = new MutationObserver(decide);
  const watch = (): void => {
    if (area) watcher.observe(area, { childList: true, subtree: true, characterData: true });
  };
  const heard = (event: Event): void => {
    const { detail } = event as CustomEvent<string>;
    if (detail !== key) return;
    if (!root.isConnected && Date.now() - began > LATE) {
      stop();
      return;
    }
    if (event.type === "jt-live") {
      seen.add(key);
      decide();
      return;
    }
    seen.delete(key);
    setTimeout(() => {
      watch();
      decide();
    }, MOMENT);
  };
  const stop = (): void => {
    watcher.disconnect();
    back?.disconnect();
    window.removeEventListener("jt-live", heard);
    window.removeEventListener("jt-gone", heard);
  };
  window.addEventListener("jt-live", heard);
  window.addEventListener("jt-gone", heard);
  watch();
  // In a notebook the live widget has a moment to come; elsewhere nothing is waited for.
  if (area) root.hidden = true;
  decide();
  for (const wait of [300, SOON + 20, LATE + 20]) setTimeout(decide, wait);
}

const mine = document.currentScript?.closest<HTMLElement>(".jt-twin");
// Some front ends run the script away from its place; then every copy not yet begun is ours to begin.
for (const root of mine ? [mine] : document.querySelectorAll<HTMLElement>(".jt-twin")) {
  if (root.dataset["jtBegun"]) continue;
  root.dataset["jtBegun"] = "yes";
  begin(root);
}
