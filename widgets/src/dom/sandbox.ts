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
  const heard = new AbortController();
  const giveUp = (): void => {
    // A frame that is removed while it loads says that it has loaded, and cannot be removed once more meanwhile.
    heard.abort();
    frame.remove();
  };
  const measure = (): void => {
    const inner = frame.contentDocument?.querySelector("iframe")?.contentDocument?.documentElement;
    if (inner) tell(Math.min(Math.max(inner.scrollHeight, LEAST), MOST) + BORDER);
    giveUp();
  };
  frame.addEventListener("load", measure, { signal: heard.signal });
  document.body.append(frame);
  return giveUp;
}

function framed(
  className: string,
  sandbox: string,
  markup: string,
  label: string,
  scripts?: Scripts,
): HTMLIFrameElement {
  const frame = emptyFrame(className, sandbox, label);
  frame.srcdoc = outerPage(sandbox, markup, scripts);
  return frame;
}

function emptyFrame(className: string, sandbox: string, label: string): HTMLIFrameElement {
  return h("iframe", { class: className, sandbox, title: label, referrerpolicy: "no-referrer" });
}

/** The page of the outer frame. */
function outerPage(sandbox: string, markup: string, scripts?: Scripts): string {
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
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">` +
    "<title>frame</title><style>html,body{margin:0;height:100%;overflow:hidden}iframe{display:block;border:0;width:100%;height:100%}</style></head>" +
    `<body><iframe sandbox="${sandbox}" title="content" srcdoc="${quoted(markup)}"></iframe></body></html>`
  );
}

/** A longer address is cut off by Chromium (characters). */
const LONGEST_ADDRESS = 2_000_000;
/** Whether the policy of the page is known to forbid frames of `data:` addresses. */
let forbidden = false;

/**
 * A frame as `sandboxed` makes, in which nothing runs, whose page is replaced by another: that takes a tenth of what making a frame takes.
 * A page is replaced by its address, and not by another `srcdoc`, since each of those would be an entry in the tab's history.
 */
export class PageFrame {
  element = emptyFrame("jt-enclosed", "", "");
  /** Whether its page is not drawn yet. */
  loading = false;
  private outer = "";
  private holder: Window | null = null;
  private readonly refused = (event: SecurityPolicyViolationEvent): void => {
    // Chromium does not tell which address it was.
    if (event.effectiveDirective !== "frame-src" || !["data", ""].includes(event.blockedURI))
      return;
    forbidden = true;
    if (this.loading && !this.element.srcdoc) this.load();
  };

  /** `loaded` is called when the page is drawn. */
  constructor(private readonly loaded: () => void) {
    this.listen();
    document.addEventListener("securitypolicyviolation", this.refused);
  }

  /** Load a page, where the last has been loaded. `markup` must lead nowhere. */
  show(markup: string, label: string): void {
    this.outer = outerPage("", markup);
    this.element.title = label;
    this.load();
  }

  remove(): void {
    document.removeEventListener("securitypolicyviolation", this.refused);
    this.outer = "";
    this.element.remove();
  }

  private listen(): void {
    const { element } = this;
    element.addEventListener("load", () => {
      // One that is removed while it loads says that it has loaded.
      if (!this.outer || element !== this.element) return;
      // A frame that was moved to another place is empty.
      if (element.contentWindow !== this.holder) this.load();
      else {
        this.loading = false;
        this.loaded();
      }
    });
  }

  private load(): void {
    this.loading = true;
    const address = `data:text/html;charset=utf-8,${encodeURIComponent(this.outer)}`;
    const addressed = !forbidden && address.length <= LONGEST_ADDRESS;
    if (!addressed || this.element.srcdoc) {
      const next = emptyFrame(this.element.className, "", this.element.title);
      if (!addressed) next.srcdoc = this.outer;
      const last = this.element;
      this.element = next;
      last.replaceWith(next);
      this.listen();
    }
    this.holder = this.element.contentWindow;
    if (addressed) this.holder?.location.replace(address);
  }
}
