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
  const sandbox = scripts ? "allow-scripts" : "";
  const outer =
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">` +
    "<title>frame</title><style>html,body{margin:0;height:100%;overflow:hidden}iframe{display:block;border:0;width:100%;height:100%}</style></head>" +
    `<body><iframe sandbox="${sandbox}" title="content" srcdoc="${quoted(markup)}"></iframe></body></html>`;
  return h("iframe", {
    class: "jt-enclosed",
    sandbox,
    title: label,
    referrerpolicy: "no-referrer",
    srcdoc: outer,
  });
}
