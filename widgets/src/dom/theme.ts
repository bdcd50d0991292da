// Colours and the style sheets. Colours come from the notebook's own variables, with fallbacks where there is no notebook.

import base from "./base.css";
import paper from "./paper.css";
import charts from "../renderers/charts.css";
import confusion from "../renderers/confusion.css";
import media from "../renderers/media.css";
import text from "../renderers/text.css";
import table from "../table/table.css";
import browser from "../widgets/browser.css";
import liveSlider from "../widgets/live-slider.css";
import stepView from "../widgets/step-view.css";

/**
 * Where two rules count alike, the later sheet wins: a widget may change what the base has. The scripts of saved pages have nothing in place of
 * those that not all of them need: the script of a kind brings its own (`build.mjs`).
 */
export const sheets: Record<string, string> = {
  base,
  table,
  charts,
  confusion,
  media,
  text,
  stepView,
  liveSlider,
  browser,
  paper,
};

/** Lines that the colour-blind can tell apart (Okabe and Ito), light and dark. */
const light = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#946700",
  "#3b8fbf",
  "#7a7a00",
  "#555555",
];
const dark = [
  "#56b4e9",
  "#ff8c42",
  "#2fd3a2",
  "#e79bc6",
  "#e69f00",
  "#9ad1f5",
  "#f0e442",
  "#bbbbbb",
];

export interface Colours {
  lines: string[];
  text: string;
  faint: string;
  grid: string;
  background: string;
  /** What an axis is drawn with. */
  axis: string;
  /** The family of the page's letters. */
  font: string;
  dark: boolean;
}

/** Put our style sheets in the page, each once, in their order: another bundle may have brought some of them. */
export function dress(root: Node): void {
  const tree = root.getRootNode();
  const home = tree instanceof ShadowRoot ? tree : document.head;
  const there = (name: string) => home.querySelector(`style[data-jt="${name}"]`);
  const names = Object.keys(sheets);
  for (const [at, [name, text]] of Object.entries(sheets).entries()) {
    if (!text || there(name)) continue;
    const style = document.createElement("style");
    style.setAttribute("data-jt", name);
    style.textContent = text;
    home.insertBefore(
      style,
      names
        .slice(at + 1)
        .map(there)
        .find(Boolean) ?? null,
    );
  }
}

function brightness(colour: string): number {
  const [r = 255, g = 255, b = 255] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The colours in force where an element stands. */
export function colours(element: Element): Colours {
  const style = getComputedStyle(element);
  const text = style.color || "#222";
  const isDark = brightness(text) > 128;
  const of = (name: string, fallback: string) => style.getPropertyValue(name).trim() || fallback;
  return {
    lines: isDark ? dark : light,
    text,
    faint: of("--jp-ui-font-color2", isDark ? "rgb(180,180,180)" : "rgb(90,90,90)"),
    grid: isDark ? "rgba(255,255,255,0.12)" : "rgba(0,0,0,0.09)",
    background: of("--jp-layout-color0", isDark ? "#111" : "#fff"),
    axis: isDark ? "rgba(255,255,255,0.4)" : "rgba(0,0,0,0.35)",
    font: style.fontFamily || "system-ui, sans-serif",
    dark: isDark,
  };
}

/** Call back when the notebook or the system changes its theme. Returns what stops it; who has lost that is called no more. */
export function ontheme(changed: () => void): () => void {
  // What stops it has it as a property: a variable that is not used would be left out of the bundle, and the view would hold it no more.
  return Object.assign(watchTheme(new WeakRef(changed)), { changed });
}

/** The document holds what watches it: a view that a notebook has dropped without a word must not be held with it. */
function watchTheme(changed: WeakRef<() => void>): () => void {
  const later = () => {
    const known = changed.deref();
    if (known) requestAnimationFrame(known);
    else stop();
  };
  const watcher = new MutationObserver(later);
  const names = ["data-jp-theme-name", "data-jp-theme-light", "class", "data-theme"];
  for (const node of [document.documentElement, document.body])
    watcher.observe(node, { attributes: true, attributeFilter: names });
  const media =
    typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;
  media?.addEventListener("change", later);
  const stop = (): void => {
    watcher.disconnect();
    media?.removeEventListener("change", later);
  };
  return stop;
}
