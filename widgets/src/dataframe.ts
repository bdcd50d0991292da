// Dataframes: a table that has only the rows on screen in the page. More rows are asked of the kernel, a page at a time.

import { h, keepKeys, put } from "./dom";
import * as format from "./format";
import { strings, type Frame } from "./frame";
import type { Host, Pane, Shown } from "./view";

export interface Field { name: string; dtype: string; kind: "number" | "boolean" | "text"; index?: boolean; missing: string; text?: number }

/** Rows of a frame as words: `cell(column, row)` with the row counted from the page's first. */
export interface Page { from: number; count: number; cell(column: number, row: number): Cell }
export interface Cell { text: string; full: string; missing: boolean }

const ROW = 25;
const PAGE = 200;
const LINES = 12;

export function page(frame: Frame): Page {
  const fields: Field[] = frame.head.fields ?? [];
  const texts = fields.map((f, i) => (f.text === undefined ? null : strings(frame, `e${i}`, f.text)));
  const written = fields.map((f, i) => (f.kind === "number" ? format.column(frame.column(`v${i}`)) : format.number));
  return {
    from: frame.head.from ?? 0,
    count: frame.head.count ?? 0,
    cell(column, row) {
      const field = fields[column]!;
      if (frame.has(`n${column}`) && frame.column(`n${column}`)[row]) return { text: field.missing, full: field.missing, missing: true };
      const words = texts[column];
      if (words) { const text = words[row] ?? ""; return { text, full: text, missing: false }; }
      const value = frame.column(`v${column}`)[row]!;
      if (field.kind === "boolean") { const text = value ? "True" : "False"; return { text, full: text, missing: false }; }
      return { text: written[column]!(value), full: String(value), missing: false };
    },
  };
}

/** Columns as wide as what is in them, within reason, in characters. */
export function widths(fields: Field[], sample: Page): number[] {
  return fields.map((field, i) => {
    let widest = Math.max(field.name.length, field.dtype.length * 0.85);
    for (let r = 0; r < Math.min(sample.count, 40); r += 1) widest = Math.max(widest, sample.cell(i, r).text.length);
    return Math.min(Math.max(widest * 0.98 + 2.4, 5.5), 42);
  });
}

export function dataframe(host: Host): Pane {
  const columns = h("colgroup");
  const head = h("thead");
  const body = h("tbody");
  const table = h("table", { class: "jt-table" }, columns, head, body);
  const scroll = keepKeys(h("div", { class: "jt-scroll", tabindex: 0, role: "region", "aria-label": `rows of ${host.about.name}` }, table));
  const caption = h("p", { class: "jt-caption", role: "status" });
  host.element.append(scroll, caption);

  let shown: Frame | null = null;
  let pages = new Map<number, Page>();
  let asking: number | null = null;
  let turn = 0;
  let signature = "";
  let fields: Field[] = [];
  let rows = 0;

  function draw({ frame }: Shown): void {
    if (!frame) return;
    turn += 1;
    shown = frame;
    asking = null;
    fields = frame.head.fields ?? [];
    rows = frame.head.rows ?? 0;
    pages = new Map([[0, page(frame)]]);
    const now = JSON.stringify(fields.map((f) => [f.name, f.dtype, f.index ?? false]));
    // The same columns keep their widths and the place on screen, so that only cells change from step to step.
    if (now !== signature) { signature = now; header(); }
    scroll.style.height = `${Math.min(rows, LINES) * ROW + 52}px`;
    fill();
    const more = [frame.head.hidden ? `${format.count(frame.head.hidden)} more columns not shown` : null,
      !host.live && rows > (frame.head.count ?? 0) ? `the first ${format.count(frame.head.count)} rows are kept in this page` : null];
    caption.textContent = [`${format.count(rows)} rows × ${format.count(frame.head.width ?? 0)} columns`, frame.head.stored, ...more].filter(Boolean).join(" · ");
  }

  function header(): void {
    put(columns, ...widths(fields, pages.get(0)!).map((w) => h("col", { style: `width:${w.toFixed(1)}ch` })));
    put(head, h("tr", {}, ...fields.map((f) => h("th", { scope: "col", class: f.index ? "jt-index" : f.kind === "text" ? "jt-words" : "" },
      h("span", { class: "jt-field", title: f.name }, f.name || "\u00a0"), h("span", { class: "jt-dtype" }, f.index ? `index · ${f.dtype}` : f.dtype)))));
  }

  /** Row `r`, or null while its page is under way. */
  function find(r: number): [Page, number] | null {
    const first = pages.get(0)!;
    if (r < first.count) return [first, r];
    const at = Math.floor(r / PAGE);
    const own = pages.get(at + 1);
    return own && r - own.from < own.count ? [own, r - own.from] : null;
  }

  function fill(): void {
    const from = Math.max(0, Math.floor(scroll.scrollTop / ROW) - 4);
    const to = Math.min(rows, from + LINES + 12);
    const above = h("tr", { "aria-hidden": "true", class: "jt-space" }, h("td", { colspan: fields.length, style: `height:${from * ROW}px` }));
    const below = h("tr", { "aria-hidden": "true", class: "jt-space" }, h("td", { colspan: fields.length, style: `height:${(rows - to) * ROW}px` }));
    const made: HTMLElement[] = [];
    let missing: number | null = null;
    for (let r = from; r < to; r += 1) {
      const found = find(r);
      if (!found) missing ??= r;
      made.push(h("tr", { "aria-rowindex": r + 2 }, ...fields.map((field, c) => {
        const cell = found ? found[0].cell(c, found[1]) : null;
        const kind = [field.kind === "text" ? "jt-words" : "", cell?.missing ? "jt-missing" : ""].join(" ").trim();
        return field.index ? h("th", { scope: "row", class: `jt-index ${kind}`, title: cell?.full }, cell?.text ?? "…")
          : h("td", { class: kind || null, title: cell?.full }, cell?.text ?? "…");
      })));
    }
    table.setAttribute("aria-rowcount", String(rows + 1));
    put(body, from > 0 ? above : null, ...made, to < rows ? below : null);
    if (missing !== null) fetchPage(Math.floor(missing / PAGE));
  }

  function fetchPage(at: number): void {
    if (asking !== null || !host.live || !shown) return;
    asking = at;
    const mine = turn;
    host.ask({ rows: [at * PAGE, Math.min(rows, (at + 1) * PAGE)] }).then((answer) => {
      if (mine !== turn) return;
      asking = null;
      if (answer.head.error) throw new Error(answer.head.error);
      pages.set(at + 1, page(answer));
      fill();
    }).catch((error: unknown) => {
      if (mine !== turn) return;
      asking = null;
      caption.textContent = `rows ${format.count(at * PAGE)} and on: ${error instanceof Error ? error.message : String(error)}`;
    });
  }

  scroll.addEventListener("scroll", () => fill(), { passive: true });
  return { draw };
}
