// Dataframes: the controls above the table, the table, and the words under it.

import { QueryCache, type Asked, type Question } from "../model/query-cache";
import { h, keepKeys, put, say } from "../dom/dom";
import { file } from "./file";
import * as format from "../model/format";
import { Grid, type Heading } from "../table/grid";
import type { Line } from "../table/lines";
import { isWords, type Cell, type Field } from "../table/page";
import { levels } from "../table/paged";
import { Scenes, type Painted, type Scene, type Wanted } from "../table/query";
import { summary, type Told } from "../table/summary";
import type { Host, Drawing, Shown } from "../model/renderer";

/** So many columns of a wide frame are in the page at a time. */
const WIDE = 100;
const SOON = 350;
const TYPING = 120;
const SUMMARY = 15;

/** Columns as wide as what is in them, within reason, in characters. */
export function widths(fields: Field[], lines: Iterable<Line>): number[] {
  const widest = fields.map((f) =>
    Math.max(f.name.length + 2, (f.dtype.length + (f.index ? 8 : 0)) * 0.9),
  );
  for (const line of lines) {
    line.cells.forEach((cell, c) => {
      const before = line.before?.[c];
      widest[c] = Math.max(
        widest[c] ?? 0,
        cell.text.length + (before ? before.text.length + 3 : 0),
      );
    });
  }
  return widest.map((w) => Math.min(Math.max(w * 0.98 + 2.4, 6), 42));
}

function painted({ tally, added, removed, dtypes, since }: Painted, where: string): Node[] {
  const key = (many: number, sign: string, kind: string, words: string) =>
    many
      ? [
          h(
            "span",
            { class: `jt-mark ${kind}` },
            h("b", { "aria-hidden": "true" }, sign),
            ` ${format.count(many)} ${words}`,
          ),
        ]
      : [];
  const row = (many: number) => (many === 1 ? "row" : "rows");
  const keys = [
    ...key(tally.added, "+", "jt-added", `${row(tally.added)} added`),
    ...key(tally.removed, "−", "jt-removed", `${row(tally.removed)} removed`),
    ...key(
      tally.changed,
      "~",
      "jt-changed",
      `${row(tally.changed)} changed (${format.count(tally.cells)} ${tally.cells === 1 ? "cell" : "cells"})`,
    ),
  ];
  const words = [
    where,
    keys.length === 0
      ? `no row changed since ${since}`
      : `${format.count(tally.same)} the same since ${since}`,
    added.length ? `columns added: ${added.join(", ")}` : "",
    removed.length ? `columns gone: ${removed.join(", ")}` : "",
    ...dtypes,
  ];
  return [...keys, h("span", { class: "jt-name" }, words.filter(Boolean).join(" · "))];
}

const word = (cell: Cell): string =>
  cell.kind === "missing"
    ? `${cell.text} (missing)`
    : cell.kind === "empty"
      ? "an empty text"
      : cell.full;

export function dataframe(host: Host): Drawing {
  const wanted: Wanted = {
    sort: null,
    text: "",
    changes: false,
    since: host.about.beside === undefined ? "previous" : "beside",
    key: null,
    only: true,
    from: 0,
  };
  let summing = false;
  const answers = new QueryCache(host, () => render());
  const scenes = new Scenes(host, answers);
  const grid = new Grid(`rows of ${host.about.name}`, { press: sort, need: ask, at });

  const toggle = (label: string, pressed: (on: boolean) => void) => {
    const button = keepKeys(
      h(
        "button",
        {
          type: "button",
          class: "jt-button jt-toggle",
          "aria-pressed": "false",
          onclick: () => {
            const on = button.getAttribute("aria-pressed") !== "true";
            button.setAttribute("aria-pressed", String(on));
            pressed(on);
            render();
          },
        },
        label,
      ),
    );
    return button;
  };
  const select = (label: string, changed: (value: string) => void) => {
    const list = keepKeys(
      h("select", {
        class: "jt-select",
        "aria-label": label,
        onchange: () => {
          changed(list.value);
          render();
        },
      }),
    );
    return list;
  };
  const filter = keepKeys(
    h("input", {
      type: "search",
      class: "jt-filter",
      placeholder: "filter rows",
      "aria-label": "filter rows",
      spellcheck: "false",
      autocomplete: "off",
    }),
  );
  const summaries = toggle("summary", (on) => {
    summing = on;
  });
  const changes = toggle("changes", (on) => {
    wanted.changes = on;
  });
  const since = select("compare with", (value) => {
    wanted.since = value;
  });
  const key = select("match rows by", (value) => {
    wanted.key = value === "" ? null : value.slice(1);
  });
  const only = keepKeys(
    h("input", {
      type: "checkbox",
      checked: true,
      onchange: () => {
        wanted.only = only.checked;
        render();
      },
    }),
  );
  const comparing = h(
    "span",
    { class: "jt-comparing" },
    h("label", { class: "jt-check" }, "since", since),
    h("label", { class: "jt-check" }, "rows matched by", key),
    h("label", { class: "jt-check" }, only, "only what changed"),
  );
  const turn = (label: string, sign: string, by: number) =>
    keepKeys(
      h(
        "button",
        {
          type: "button",
          class: "jt-button",
          "aria-label": label,
          title: label,
          onclick: () => aside(by),
        },
        sign,
      ),
    );
  const turns = [turn("columns before", "◂", -WIDE), turn("columns after", "▸", WIDE)] as const;
  const aisle = h("span");
  const columns = h("span", { class: "jt-check" }, turns[0], aisle, turns[1]);
  const legend = h("p", { class: "jt-marks" });
  const detail = h("p", { class: "jt-detail" });
  const caption = h("p", { class: "jt-caption", role: "status" });
  const table = h(
    "div",
    { class: "jt-frame" },
    h("div", { class: "jt-tools" }, filter, summaries, changes, comparing, columns),
    legend,
    grid.element,
    detail,
    caption,
  );
  host.element.append(table);

  let shown: Shown | null = null;
  let scene: Scene | null = null;
  /** What is asked whatever the lines on screen. */
  let standing: Asked[] = [];
  let holding: { at: number; done: () => void } | null = null;
  let wide: { columns: string; chars: number[] } = { columns: "", chars: [] };
  let sketch = "";
  let slow = 0;
  /** What is waited for, and whether it has been said. */
  let how = "";
  let late = false;
  let typing = 0;
  let facts: Drawing | null = null;
  let trouble = "";
  /** The cell that is told under the table, and what was told of it. */
  let pointed: { n: number; column: number; told: string } | null = null;

  filter.addEventListener("input", () => {
    clearTimeout(typing);
    typing = window.setTimeout(() => {
      wanted.text = filter.value;
      render();
    }, TYPING);
  });

  function draw(now: Shown): void | Promise<void> {
    if (!now.frame) return undefined;
    table.hidden = now.frame.head["facts"] !== undefined;
    if (table.hidden) {
      // A file that is not opened, such as a pickle.
      facts ??= file(host);
      facts.draw(now);
      return undefined;
    }
    if (facts) {
      host.element.replaceChildren(table);
      facts = null;
    }
    shown = now;
    answers.forgive();
    // The old picture stays until the kernel has answered.
    return render()
      ? undefined
      : new Promise((done) => {
          holding = { at: now.at, done };
        });
  }

  /** Show what is wanted; return whether that could be done at once. */
  function render(): boolean {
    if (!shown?.frame || table.hidden) return false;
    choices();
    const found = scenes.find(shown, wanted);
    standing = found.asks;
    const summed: Question = { summary: true, ...(wanted.from ? { columns: wanted.from } : {}) };
    const unsummed = summing && host.live && !shown.frame.head["summary"];
    if (unsummed) standing.push([shown.at, summed]);
    scene = found.scene ?? scene;
    if (found.scene) {
      ahead(found.scene, unsummed ? summed : null);
      display(
        found.scene,
        (shown.frame.head["summary"] ?? answers.get(shown.at, summed)?.head["summary"] ?? []) as [
          number,
          Told,
        ][],
      );
      if (holding?.at === shown.at) {
        holding.done();
        holding = null;
      }
    } else {
      answers.want(standing);
    }
    const failed = found.why ?? (unsummed ? answers.why(shown.at, summed) : undefined);
    if (failed) say(caption, failed);
    table.classList.toggle("jt-waiting", !found.scene);
    if (found.scene || failed) {
      clearTimeout(slow);
      slow = 0;
      late = false;
    } else {
      how = found.how ?? "waiting for the kernel…";
      if (late) say(caption, how);
      else
        slow ||= window.setTimeout(() => {
          late = true;
          slow = 0;
          say(caption, how);
        }, SOON);
    }
    return found.scene !== null || failed !== undefined;
  }

  /** What the neighbours will need is asked when nothing else is. */
  function ahead({ ask: asked }: Scene, summed: Question | null): void {
    for (const at of [shown!.at + 1, shown!.at - 1]) {
      if (at < 0 || at >= host.about.steps.length || !host.live) continue;
      if (asked && !(wanted.changes && wanted.since === "previous")) standing.push([at, asked]);
      else if (asked && at > 0) standing.push([at, { ...asked, since: at - 1 }]);
      if (summed) standing.push([at, summed]);
    }
  }

  /** Rows on screen that are not here go before all else. */
  function ask(from: number, to: number): void {
    const rows = from < to ? (scene?.lines.wants?.(from, to) ?? []) : [];
    answers.want([...rows, ...standing]);
    const failed = rows.map(([at, question]) => answers.why(at, question)).find(Boolean);
    trouble = failed ? `rows ${format.count(from)} and on: ${failed}` : "";
    if (trouble) say(caption, trouble);
  }

  function display(now: Scene, told: [number, Told][]): void {
    const { fields, lines } = now;
    const { head } = shown!.frame!;
    const rows: number = head["rows"];
    const width: number = head["width"];
    const sums = new Map(told);
    const names = JSON.stringify([
      fields.map((f) => [f.name, f.dtype, f.index ?? false]),
      now.painted !== undefined,
    ]);
    const fresh = widths(fields, some(now));
    // The same columns keep their widths, or grow: a number that is cut reads as another one.
    wide = {
      columns: names,
      chars: wide.columns === names ? fresh.map((w, c) => Math.max(w, wide.chars[c] ?? 0)) : fresh,
    };
    const headings = fields.map((f, c): Heading => {
      const many = now.changed?.[c] ?? 0;
      const badge =
        now.painted && !f.index
          ? now.painted.added.includes(f.name)
            ? "new"
            : many
              ? `${format.count(many)} changed`
              : undefined
          : undefined;
      return {
        name: f.name,
        dtype: f.dtype,
        index: f.index ?? false,
        words: isWords(f),
        badge,
        width: Math.max(
          wide.chars[c]!,
          summing ? SUMMARY : 0,
          badge ? (f.dtype.length + badge.length) * 0.9 + 4 : 0,
        ),
        sorted:
          now.sorted?.column === c ? (now.sorted.down ? "descending" : "ascending") : undefined,
        summary: summing ? summary(sums.get(f.at), rows) : null,
      };
    });
    // The head is left alone while it stays the same, and only cells change from step to step.
    const drawn = JSON.stringify([
      headings.map((c) => ({
        ...c,
        summary: c.summary?.textContent,
        title: c.summary?.getAttribute("title"),
      })),
      now.painted !== undefined,
      width,
    ]);
    grid.show(
      lines,
      rows,
      drawn === sketch
        ? null
        : { columns: headings, signed: now.painted !== undefined, total: width + levels(fields) },
    );
    sketch = drawn;
    if (pointed && pointed.told !== brief(pointed.n, pointed.column))
      at(pointed.n, pointed.column, false);
    const most = fields
      .map((f, c): [string, number] => [f.name, now.changed?.[c] ?? 0])
      .filter(([, many]) => many)
      .sort(([, a], [, b]) => b - a);
    const where = most.length
      ? `in ${most
          .slice(0, 5)
          .map(([name, many]) => `${name || "(no name)"} (${format.count(many)})`)
          .join(", ")}${most.length > 5 ? " and others" : ""}`
      : "";
    put(legend, ...(now.painted ? painted(now.painted, where) : []));
    legend.hidden = !now.painted;
    filter.hidden = wanted.changes;
    summaries.hidden = !host.live && !head["summary"];
    changes.hidden = host.about.steps.length < 2 && host.about.beside === undefined;
    columns.hidden = !head["hidden"] || !host.live;
    aisle.textContent = `columns ${format.count(wanted.from + 1)}–${format.count(Math.min(width, wanted.from + WIDE))} of ${format.count(width)}`;
    turns[0].setAttribute("aria-disabled", String(wanted.from === 0));
    turns[1].setAttribute("aria-disabled", String(wanted.from + WIDE >= width));
    say(
      caption,
      trouble ||
        [
          `${format.count(rows)} ${rows === 1 ? "row" : "rows"} × ${format.count(width)} ${width === 1 ? "column" : "columns"}`,
          head["stored"],
          head["hidden"] && !host.live
            ? `the first ${format.count(width - head["hidden"])} columns are kept in this page`
            : "",
          ...now.words,
        ]
          .filter(Boolean)
          .join(" · "),
    );
  }

  function* some({ lines }: Scene): Iterable<Line> {
    for (let n = 0; n < Math.min(lines.count, 40); n += 1) {
      const line = lines.line(n);
      if (!line) return;
      yield line;
    }
  }

  /** What can be compared with and matched by. A step or a column that is no longer there gives way to the previous step, to the index. */
  function choices(): void {
    comparing.hidden = !wanted.changes;
    if (!wanted.changes) return;
    const steps = host.about.steps.map((step, n): [string, string] => [
      String(n),
      `step ${format.step(step)}`,
    ]);
    const fields = scenes.page(shown!.frame!).fields.filter((f) => !f.index);
    const beside: [string, string][] =
      host.about.beside === undefined ? [] : [["beside", "the run beside"]];
    offer(since, [...beside, ["previous", "the previous step"], ...steps], wanted.since);
    offer(
      key,
      [
        ["", "the index"],
        ...fields.map((f): [string, string] => [`=${f.name}`, f.name || "(no name)"]),
      ],
      wanted.key === null ? "" : `=${wanted.key}`,
    );
    if (since.selectedIndex < 0) since.value = wanted.since = "previous";
    if (key.selectedIndex < 0) {
      key.value = "";
      wanted.key = null;
    }
  }

  function offer(list: HTMLSelectElement, options: [string, string][], value: string): void {
    const now = JSON.stringify(options);
    if (list.dataset["options"] !== now) {
      list.dataset["options"] = now;
      put(list, ...options.map(([own, text]) => h("option", { value: own }, text)));
    }
    list.value = value;
  }

  /** Up, down, as stored. */
  function sort(column: number): void {
    const field = scene?.fields[column];
    if (!field || wanted.changes) return;
    const { name, index = false } = field;
    const same = wanted.sort?.name === name && wanted.sort.index === index;
    wanted.sort = !same
      ? { name, index, down: false }
      : wanted.sort!.down
        ? null
        : { name, index, down: true };
    grid.scrollTo(0);
    render();
  }

  function aside(by: number): void {
    const to = wanted.from + by;
    if (to < 0 || to >= shown!.frame!.head["width"]) return;
    wanted.from = to;
    render();
  }

  /** The cell with the focus is told in full under the table; opened, a text that was cut is asked for. */
  function at(n: number, column: number, opened: boolean): void {
    const mine = (pointed = { n, column, told: brief(n, column) });
    const { line, field, cell } = cellAt(n, column);
    if (!field || !line || !cell) {
      say(detail, "");
      return;
    }
    const before = line.before?.[column];
    const tell = (text: string) => {
      if (pointed === mine)
        say(detail, `${field.name || "index"} = ${before ? `${word(before)} → ` : ""}${text}`);
    };
    tell(
      cell.cut
        ? `${cell.full}…${line.row === undefined || !host.live ? "" : " (Enter for all of it)"}`
        : word(cell),
    );
    if (!opened || !cell.cut || line.row === undefined || !host.live) return;
    host.ask({ cell: [line.row, field.at] }, shown!.at).then(
      (frame) => tell(frame.head.error ?? frame.text(0)),
      (error: unknown) => tell(String(error)),
    );
  }

  function cellAt(
    n: number,
    column: number,
  ): {
    line: Line | null;
    field: Scene["fields"][number] | undefined;
    cell: Line["cells"][number] | undefined;
  } {
    const line = n < 0 ? null : (scene?.lines.line(n) ?? null);
    return { line, field: scene?.fields[column], cell: line?.cells[column] };
  }

  /** What there is to tell of a cell, at which step. */
  function brief(n: number, column: number): string {
    const { line, field, cell } = cellAt(n, column);
    return JSON.stringify([shown?.at, field?.name, line?.before?.[column]?.full, cell?.full]);
  }

  return {
    draw,
    destroy: () => {
      grid.destroy();
      answers.clear();
      clearTimeout(slow);
      clearTimeout(typing);
    },
  };
}
