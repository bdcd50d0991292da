// What shows and hides a saved view beside the live one, which it stands in for: a notebook has both. What draws is unpacked only when the
// page is drawn.

import { AREA } from "./area";

type Entry = { page?: (host: HTMLElement, pack: ArrayBuffer) => () => void };

/** What an element holds, and what is to be stopped when it has gone from memory. */
const held = new WeakMap<Element, unknown>();
const gone = new FinalizationRegistry((stop: () => void) => stop());

/** How long a live widget is waited for, and how long while the notebook says that it is loading one (ms). */
const WIDGET_TIMEOUT = 1500;
const LOADING_TIMEOUT = 8000;
/** What JupyterLab shows in place of a widget until there is a kernel. */
const LOADING = /loading widget/i;
/** The kind of output that a widget is. */
const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";
/** A widget that goes because its cell runs again takes this page along within this time (ms). */
const CELL_RERUN = 150;

/**
 * Tell a listener what the widgets of the page announce, for as long as it is in memory; what holds it is its root. A notebook takes a cell
 * out of the page without a word, for a while or for good, and nothing but the root may be what keeps a page that is gone.
 */
function listen(listener: WeakRef<(event: Event) => void>): () => void {
  const stop = (): void => {
    window.removeEventListener("jt-live", hear);
    window.removeEventListener("jt-gone", hear);
  };
  const hear = (event: Event): void => {
    const known = listener.deref();
    if (known) known(event);
    else stop();
  };
  window.addEventListener("jt-live", hear);
  window.addEventListener("jt-gone", hear);
  return stop;
}

/** Call back once when an element is seen again, if what is called is still in memory. */
function whenSeen(element: Element, seen: WeakRef<() => boolean>): IntersectionObserver {
  const observer = new IntersectionObserver(() => {
    if (seen.deref()?.() !== false) observer.disconnect();
  });
  observer.observe(element);
  return observer;
}

/**
 * Show or hide one static page, as its widget comes and goes.
 *
 * @param root the element of the page.
 * @param awaited whether the live widget may still come in its place.
 * @param load loads what it shows, and the scripts that draw it.
 */
export function showBesideLive(
  root: HTMLElement,
  awaited: boolean,
  load: () => Promise<[ArrayBuffer, ...Entry[]]>,
): void {
  const key = root.dataset["jtTwin"] ?? "";
  const fallback = root.querySelector<HTMLElement>(":scope > .jt-still");
  const host = document.createElement("div");
  root.append(host);
  // The outputs of the cell, and among them this page's; the one before it is the widget's.
  const area = root.closest<HTMLElement>(AREA);
  // VS Code has a container around each output, and the classes of the old notebook inside.
  const child =
    root.closest<HTMLElement>(".output_container") ??
    root.closest<HTMLElement>(".jp-OutputArea-child, .output_area, .output");
  /** Whether a widget has announced itself, for where the cell's outputs are not found. */
  let announced = false;
  const started = Date.now();
  let drawn = false;
  let attached = false;
  let returned: IntersectionObserver | null = null;
  let close: (() => void) | null = null;
  let stopped = false;

  const outputBefore = (): HTMLElement | null => {
    const element = child?.previousElementSibling;
    return element instanceof HTMLElement ? element : null;
  };

  function isLive(): boolean {
    if (!area) return announced;
    for (const element of area.querySelectorAll("[data-jt-live]")) {
      if (element.getAttribute("data-jt-live") === key && !element.hasAttribute("data-jt-dead"))
        return true;
    }
    return false;
  }

  /** Whether an output is only what stands for a widget that cannot be drawn: the notebook's message, or the line of text saved with it. */
  function isPlaceholder(element: HTMLElement | null): boolean {
    if (!element) return false;
    if (element.querySelector("[data-jt-dead]")) return true;
    const words = (element.textContent ?? "").trim();
    // VS Code says it in the reader's language, and names the kind of output in each.
    if (element.querySelector(".no-renderer-error") && words.includes(WIDGET_VIEW)) return true;
    return (
      (/model not found|error displaying widget/i.test(words) && words.length < 300) ||
      words === root.dataset["jtLine"]
    );
  }

  async function draw(): Promise<void> {
    if (drawn) return;
    drawn = true;
    try {
      const [pack, ...entries] = await load();
      const draws = entries.find(({ page }) => page);
      if (stopped) return;
      close = draws!.page!(host, pack);
      if (fallback) fallback.hidden = true;
    } catch (error) {
      // The fallback picture stays.
      console.error("jupyter-tracking:", error);
    }
  }

  /** Whether the page is out of the document, for good or because it was scrolled away: nothing is drawn until it is returned. */
  function isDetached(): boolean {
    attached ||= root.isConnected;
    if (!attached || root.isConnected) return false;
    // What is scrolled away stays among the outputs of its cell. Another output has taken the place of this one, which does not come back.
    if (area && !area.contains(root)) {
      stop();
      return true;
    }
    watcher.disconnect();
    if (!returned && typeof IntersectionObserver === "function") {
      returned = whenSeen(area ?? root, new WeakRef(seen));
    }
    return true;
  }

  /** The page may be back; return whether it is. */
  const seen = (): boolean => {
    if (!root.isConnected) return false;
    returned = null;
    watch();
    update();
    return true;
  };

  /** Show the widget or the page. */
  function update(): void {
    if (stopped || isDetached()) return;
    if (isLive()) {
      root.hidden = true;
      const widget = outputBefore();
      if (widget?.dataset["jtHid"]) {
        widget.hidden = false;
        delete widget.dataset["jtHid"];
        widget.style.removeProperty("display");
      }
      watcher.disconnect();
      return;
    }
    const widget = outputBefore();
    const waited = Date.now() - started;
    const loading = LOADING.test(widget?.textContent ?? "");
    const empty = isPlaceholder(widget) || (loading && waited >= LOADING_TIMEOUT);
    if (!empty && awaited && waited < (loading ? LOADING_TIMEOUT : WIDGET_TIMEOUT)) return;
    if (widget && empty) {
      widget.dataset["jtHid"] = "yes";
      widget.style.setProperty("display", "none", "important");
    }
    root.hidden = false;
    void draw();
  }

  const watcher = new MutationObserver(update);
  const watch = (): void => {
    if (area) watcher.observe(area, { childList: true, subtree: true, characterData: true });
  };
  const onAnnouncement = (event: Event): void => {
    const { detail } = event as CustomEvent<string>;
    if (detail !== key) return;
    if (!root.isConnected && Date.now() - started > LOADING_TIMEOUT) {
      stop();
      return;
    }
    if (event.type === "jt-live") {
      announced = true;
      update();
      return;
    }
    announced = false;
    setTimeout(() => {
      if (stopped) return;
      watch();
      update();
    }, CELL_RERUN);
  };
  /** Leave nothing behind in the document that holds the page: it would stay in memory for as long as the notebook is open. */
  const stop = (): void => {
    stopped = true;
    close?.();
    close = null;
    watcher.disconnect();
    returned?.disconnect();
    deafen();
  };
  const deafen = listen(new WeakRef(onAnnouncement));
  held.set(root, [onAnnouncement, seen]);
  gone.register(root, deafen);
  watch();
  if (awaited) root.hidden = true;
  update();
  for (const wait of [300, WIDGET_TIMEOUT + 20, LOADING_TIMEOUT + 20]) setTimeout(update, wait);
}
