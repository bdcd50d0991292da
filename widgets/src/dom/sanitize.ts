// Markup that is not ours, without what could run or lead anywhere: a browser opens a connection for a frame or a pressed link before the
// policy of the page forbids it, so every address is taken out before anything is drawn.

import DOMPurify from "dompurify";

/** What an address may be: a place in the document itself, or bytes that are in it. */
const WITHIN = /^\s*#/;
const EMBEDDED = /^\s*data:(?:image|audio|video)\/[\w.+-]+[;,]/i;
const PLAYS = new Set(["img", "image", "feImage", "audio", "video", "source"]);
/** Attributes whose value is an address, and those that would send, open or fetch something. */
const ADDRESSES = new Set(["href", "xlink:href", "src"]);
const LEADING = [
  "action",
  "attributionsrc",
  "background",
  "cite",
  "download",
  "formaction",
  "longdesc",
  "ping",
  "popovertarget",
  "poster",
  "profile",
  "srcset",
  "target",
  "usemap",
];
/** Attributes that are CSS: all of SVG's own may name a picture, a filter or a gradient. */
const isStyle = (element: Element, name: string): boolean =>
  name === "style" || element instanceof SVGElement;

/** A `url(…)` of something that is not in the document. */
const OUTSIDE =
  /url\([ \t\r\n\f]{0,9}(?!["']?[ \t\r\n\f]{0,9}(?:#|data:(?:image|font)\/[\w.+-]+[;,]))(?:"[^"]*"|'[^']*'|[^)]*)[ \t\r\n\f]{0,9}\)?/gi;
const IMPORT = /@import\b[^;{}]*;?/gi;
/** What fetches, in CSS without escapes. */
const FETCHES =
  /url\([ \t\r\n\f]{0,9}(?!["']?[ \t\r\n\f]{0,9}(?:#|data:(?:image|font)\/[\w.+-]+[;,]))|(?:src|image|image-set|cross-fade|element|paint|expression)\(|@import|@namespace|@(?:-moz-)?document/i;

/** CSS with each escape as the character that it stands for, as a parser reads names. */
function unescaped(css: string): string {
  return css.replace(/\\(?:([0-9a-f]{1,6})\s?|([^\n]))/gi, (_, code?: string, plain?: string) => {
    const point = parseInt(code ?? "", 16);
    return plain ?? (point > 0 && point < 0x110000 ? String.fromCodePoint(point) : "\ufffd");
  });
}

/** CSS in which nothing is fetched: without what is plainly an address, or nothing at all where an address may be hidden in it. */
export function withoutAddresses(css: string): string {
  const plain = css
    .replace(/\/\*[^]*?(?:\*\/|$)/g, " ")
    .replace(IMPORT, "")
    .replace(OUTSIDE, "none")
    // Within a style element, what looks like a tag would not be kept.
    .replace(/<(?=[\w/!])/g, "\\3c ");
  return FETCHES.test(plain) || FETCHES.test(unescaped(plain)) ? "" : plain;
}

/** The address of something in the document, or null; where a link led is told in words. */
function within(element: Element, name: string, value: string): string | null {
  if (element.localName !== "a") {
    if (name !== "src" && WITHIN.test(value)) return value.trim();
    return PLAYS.has(element.localName) && EMBEDDED.test(value) ? value : null;
  }
  // A frame without an address of its own takes "#place" for a place in the page around it.
  const place = value.trim().replace(/^about:srcdoc(?=#)/, "");
  if (WITHIN.test(place)) return `about:srcdoc${place}`;
  if (!element.hasAttribute("title")) element.setAttribute("title", value);
  return null;
}

function purifier(): typeof DOMPurify {
  const own = DOMPurify(window);
  own.addHook("uponSanitizeElement", (node, { tagName }) => {
    if (tagName === "style") node.textContent = withoutAddresses(node.textContent ?? "");
  });
  own.addHook("uponSanitizeAttribute", (element, data) => {
    const { attrName: name, attrValue: value } = data;
    if (ADDRESSES.has(name)) {
      const kept = within(element, name, value);
      if (kept === null) data.keepAttr = false;
      else {
        element.setAttribute(name, kept);
        data.forceKeepAttr = true;
      }
    } else if (isStyle(element, name)) {
      data.attrValue = withoutAddresses(value);
      if (data.attrValue === "") data.keepAttr = false;
    }
  });
  return own;
}

let made: typeof DOMPurify | undefined;

function purify(markup: string, whole: boolean): string {
  made ??= purifier();
  return made.sanitize(markup, {
    WHOLE_DOCUMENT: whole,
    // What is drawn has no scripts whose names an element could take.
    SANITIZE_DOM: false,
    ADD_TAGS: ["use"],
    FORBID_TAGS: ["form", "map", "area"],
    FORBID_ATTR: LEADING,
  });
}

/** A part of a document without what could run or lead anywhere. */
export const safePart = (markup: string): string => purify(markup, false);

/** How often a document is parsed again until it stays as it is. */
const MOST_PASSES = 4;

/**
 * A whole document without what could run or lead anywhere. What is returned stays the same when it is parsed once more, so that the frame
 * which draws it has the elements that were looked at.
 */
export function safeDocument(markup: string): string {
  const begin = "<!doctype html>";
  let safe = begin + purify(markup, true);
  for (let pass = 1; pass < MOST_PASSES; pass += 1) {
    const again = begin + purify(safe, true);
    if (again === safe) return safe;
    safe = again;
  }
  throw new Error("this HTML is another each time it is parsed, and is shown as its source only");
}

/** How much of a document its plain text is taken from (characters). */
const GLANCE = 20_000;
const BLOCKS = "address,article,br,dd,div,dt,h1,h2,h3,h4,h5,h6,li,p,pre,section,tr";

/** The text of the beginning of a document, a line for each block. */
export function plainText(markup: string): string {
  made ??= purifier();
  const body = made.sanitize(markup.slice(0, GLANCE), {
    RETURN_DOM: true,
    FORBID_TAGS: ["style", "svg", "math"],
  }) as HTMLElement;
  for (const each of body.querySelectorAll(BLOCKS)) each.after("\n");
  for (const each of body.querySelectorAll("td, th")) each.append("\t");
  return (body.textContent ?? "").replace(/\n\s*\n/g, "\n").trim();
}
