// Frames for what is not ours: nothing of it reaches the notebook's page or the network, and without `scripts` nothing in it runs.

import { h } from "./dom";

function quoted(markup: string): string {
  return markup.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}

/** What may run in a frame: scripts of ours, which carry a word that nothing else there knows. */
export interface Scripts {
  nonce: string;
  /** Whether they make functions of texts, as WebGL charts of plotly do. */
  functions: boolean;
}

/**
 * A frame within a frame. The outer one's policy holds for the inner one too, before its first byte is read; and it
 * forbids frames of any address. A browser may open the connection for such a frame all the same: `markup` must lead nowhere.
 */
export function sandboxed(markup: string, label: string, scripts?: Scripts): HTMLIFrameElement {
  return framed("jt-enclosed", scripts ? "allow-scripts" : "", markup, label, scripts);
}

/** The width of a page whose height is measured: that of narrow paper in the outputs of a notebook; and what the border of the frame that is seen takes. */
const NARROW = 480;
const BORDER = 2;
const LEAST = 80;
/** A page that is higher is printed as far as this. */
const MOST = 20_000;

/**
 * Measure how high a page is at the width of paper, in a frame that nobody sees and that is gone afterwards. As in the one that is seen,
 * nothing runs in it and nothing is fetched; it has this page's origin, so that its height can be read. Returns what gives up.
 */
export function measureHeight(markup: string, tell: (height: number) => void): () => void {
  const frame = framed("jt-measured", "allow-same-origin", markup, "");
  // Not by a style sheet, which need not reach to where it stands.
  frame.style.cssText = `position:fixed;left:-10000px;width:${NARROW}px;height:${LEAST}px;border:0;visibility:hidden`;
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.addEventListener("load", () => {
    const inner = frame.contentDocument?.querySelector("iframe")?.contentDocument?.documentElement;
    if (inner) tell(Math.min(Math.max(inner.scrollHeight, LEAST), MOST) + BORDER);
    frame.remove();
  });
  document.body.append(frame);
  return () => frame.remove();
}

function framed(
  className: string,
  sandbox: string,
  markup: string,
  label: string,
  scripts?: Scripts,
): HTMLIFrameElement {
  const policy = [
    "default-src 'none'",
    "img-src data: blob:",
    "media-src data:",
    "font-src data:",
    "style-src 'unsafe-inline'",
    "form-action 'none'",
    "base-uri 'none'",
    ...(scripts
      ? [
          `script-src 'nonce-${scripts.nonce}'${scripts.functions ? " 'unsafe-eval'" : ""}`,
          "require-trusted-types-for 'script'",
          "trusted-types default dompurify jt-chart",
        ]
      : []),
  ].join("; ");
  const outer =
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">` +
    "<title>frame</title><style>html,body{margin:0;height:100%;overflow:hidden}iframe{display:block;border:0;width:100%;height:100%}</style></head>" +
    `<body><iframe sandbox="${sandbox}" title="content" srcdoc="${quoted(markup)}"></iframe></body></html>`;
  return h("iframe", {
    class: className,
    sandbox,
    title: label,
    referrerpolicy: "no-referrer",
    srcdoc: outer,
  });
}
