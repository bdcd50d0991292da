import { beforeEach, describe, expect, it, vi } from "vitest";
import type { NumberType, RunField, RunsHead } from "../src/model/payload-heads";
import { Payload } from "../src/model/payload";
import { RunRows, type Patch } from "../src/widgets/run-rows";
import { RunTable } from "../src/widgets/run-table";
import { payload } from "./made";

const words = (list: string[]): [string[], Uint32Array] => {
  const places = new Map<string, number>();
  for (const word of list) if (!places.has(word)) places.set(word, places.size);
  return [[...places.keys()], Uint32Array.from(list, (word) => places.get(word)!)];
};

/** A table of runs as the kernel half packs it. */
function table(
  names: string[],
  loss: (number | null)[],
  status: string[] = names.map(() => "succeeded"),
): Payload<RunsHead> {
  const text = (list: string[]) => words(list);
  const ids = names.map((_, n) => `id${n}`);
  const buffers: ArrayBufferView[] = [];
  const columns: Record<string, [number, NumberType]> = {};
  const add = (name: string, kind: NumberType, values: ArrayBufferView): void => {
    columns[name] = [buffers.length, kind];
    buffers.push(values);
  };
  const texts: [string, string[]][] = [
    ["id", ids],
    ["name", names],
    ["status", status],
  ];
  const fields = texts.map(([name, list], n): RunField => {
    const [own, codes] = text(list);
    add(`c${n}`, "u4", codes);
    return { group: "", name, kind: "text", words: own };
  });
  fields.push(
    { group: "", name: "created", kind: "time" },
    { group: "outputs", name: "loss", kind: "number" },
  );
  add("v3", "f8", new Float64Array(names.map((_, n) => (names.length - n) * 1e6)));
  add("v4", "f8", new Float64Array(loss.map((v) => v ?? NaN)));
  add("n4", "u1", new Uint8Array(loss.map((v) => (v === null ? 1 : 0))));
  return payload({ rows: names.length, fields, columns }, ...buffers);
}

const made = (rows: RunRows) => {
  const back = { open: vi.fn(), choose: vi.fn(), compare: vi.fn() };
  const runs = new RunTable(rows, back);
  document.body.append(runs.element);
  return { runs, back, element: runs.element };
};
const shown = (element: HTMLElement) =>
  [...element.querySelectorAll<HTMLElement>("[data-jt-run]")].map((e) => e.dataset["jtRun"]);
const type = (element: HTMLElement, text: string) => {
  const search = element.querySelector<HTMLInputElement>("input[type=search]")!;
  search.value = text;
  search.dispatchEvent(new Event("input"));
};
const sort = (element: HTMLElement, name: string) =>
  [...element.querySelectorAll<HTMLElement>(".jt-sort")]
    .find((b) => b.querySelector(".jt-field")!.textContent === name)!
    .click();
const key = (name: string) =>
  document.activeElement!.dispatchEvent(
    new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }),
  );

beforeEach(() => {
  document.body.replaceChildren();
});

describe("the rows of runs", () => {
  it("are sorted both ways, with what a run has not last", () => {
    const rows = new RunRows(table(["run10", "run9", "run2"], [0.5, null, NaN]));
    const by = (name: string) => rows.fields.findIndex((f) => f.name === name);
    expect(rows.find("", { field: by("name"), descending: false })).toEqual([2, 1, 0]);
    expect(rows.find("", { field: by("loss"), descending: false })[0]).toBe(0);
    expect(rows.find("", { field: by("loss"), descending: true })[0]).toBe(0);
  });

  it("are found by all of the words, in names, statuses and numbers", () => {
    const rows = new RunRows(table(["digits", "svm"], [0.5, 0.25], ["failed", "succeeded"]));
    expect(rows.find("fail dig", null)).toEqual([0]);
    expect(rows.find("loss=0.25", null)).toEqual([1]);
    expect(rows.find("nothing", null)).toEqual([]);
  });

  it("take patches, with numbers that JSON has not", () => {
    const patches: Patch[] = [
      [0, ["id0", "a", "succeeded", 5, "inf"]],
      [1, ["id1", "renamed", "failed", 5, null]],
    ];
    const rows = new RunRows(table(["a", "b"], [0.5, 0.25]), patches);
    const loss = rows.fields.findIndex((f) => f.name === "loss");
    expect([rows.at(0, loss), rows.at(1, loss)]).toEqual([Infinity, null]);
    expect(rows.name(1)).toBe("renamed");
  });

  it("say how long a run was recorded in, also of one that goes on", () => {
    const going = table(["a"], [1], ["running"]);
    going.head.fields.push({ group: "", name: "duration", kind: "seconds" });
    const seconds = new DataView(new Float64Array([90]).buffer);
    const columns: RunsHead["columns"] = { v5: [going.buffers.length, "f8"] };
    const head = { ...going.head, columns: { ...going.head.columns, ...columns } };
    const rows = new RunRows(new Payload(head, [...going.buffers, seconds]));
    expect(rows.text(0, 5)).toBe("1 min 30 s");
  });
});

describe("the table of runs", () => {
  it("draws only the rows in sight of ten thousand, and says how many there are", () => {
    const names = Array.from({ length: 10_000 }, (_, n) => `run ${n}`);
    const { element } = made(
      new RunRows(
        table(
          names,
          names.map((_, n) => n),
        ),
      ),
    );
    expect(shown(element).length).toBeLessThan(60);
    expect(element.querySelector("[role=grid]")!.getAttribute("aria-rowcount")).toBe("10001");
    expect(element.textContent).toContain("10,000 runs");
    const scroller = element.querySelector<HTMLElement>(".jt-scroll")!;
    scroller.scrollTop = 28 * 5000;
    scroller.dispatchEvent(new Event("scroll"));
    expect(shown(element)).toContain("id5000");
    type(element, "run 77");
    expect(element.textContent).toContain("280 of 10,000 runs");
  });

  it("sorts by a heading's button: numbers the largest first, back again, and as they came", () => {
    const { element } = made(new RunRows(table(["a", "b", "c"], [1, 3, 2])));
    sort(element, "loss");
    expect(shown(element)).toEqual(["id1", "id2", "id0"]);
    const heading = () =>
      [...element.querySelectorAll("th[aria-sort]")]
        .map((h) => h.getAttribute("aria-sort"))
        .filter(Boolean);
    expect(heading().at(-1)).toBe("descending");
    sort(element, "loss");
    expect(shown(element)).toEqual(["id0", "id2", "id1"]);
    sort(element, "loss");
    expect(shown(element)).toEqual(["id0", "id1", "id2"]);
  });

  it("is walked by keys: arrows and ends move, Enter opens, space ticks", () => {
    const { element, back } = made(new RunRows(table(["a", "b", "c"], [1, 2, 3])));
    const seen: string[] = [];
    document.body.addEventListener("keydown", (e) => seen.push(e.key));
    element.querySelector<HTMLElement>("[data-jt-run]")!.focus();
    for (const name of ["End", "ArrowUp", "Enter", " ", "Home", " ", "d"]) key(name);
    expect(back.open.mock.calls).toEqual([["id1"]]);
    expect(back.choose.mock.calls).toEqual([[["id1"]], [["id1", "id0"]]]);
    expect((document.activeElement as HTMLElement).dataset["jtRun"]).toBe("id0");
    expect(seen).toEqual(["d"]);
    expect(element.querySelectorAll("[data-jt-run][tabindex='0']").length).toBe(1);
    expect(element.querySelector("[aria-current]")!.getAttribute("data-jt-run")).toBe("id1");
  });

  it("is walked by pages, and a row that stays in view stays the element that it was", () => {
    const names = Array.from({ length: 100 }, (_, n) => `run ${n}`);
    const { element } = made(
      new RunRows(
        table(
          names,
          names.map((_, n) => n),
        ),
      ),
    );
    const row = (n: number) => element.querySelector<HTMLElement>(`[data-jt-run=id${n}]`)!;
    row(0).focus();
    key("PageDown");
    const place = Number((document.activeElement as HTMLElement).dataset["jtRun"]!.slice(2));
    expect(place).toBeGreaterThan(8);
    const next = row(place + 1);
    key("ArrowDown");
    expect(document.activeElement).toBe(next);
    key("End");
    expect(document.activeElement).toBe(row(99));
    expect(document.activeElement!.getAttribute("aria-rowindex")).toBe("101");
    key("PageUp");
    key("Home");
    expect(document.activeElement).toBe(row(0));
    expect(element.querySelectorAll("tbody [tabindex='0']").length).toBe(1);
  });

  it("sorts by a heading that keeps the focus, and the rows have no heading's keys", () => {
    const { element, back } = made(new RunRows(table(["a", "b", "c"], [1, 3, 2])));
    const heading = () =>
      [...element.querySelectorAll<HTMLElement>(".jt-sort")].find((b) =>
        b.textContent!.includes("loss"),
      )!;
    heading().focus();
    heading().click();
    expect(document.activeElement).toBe(heading());
    key("Enter");
    key(" ");
    expect(back.open).not.toHaveBeenCalled();
    expect(back.choose).not.toHaveBeenCalled();
  });

  it("says in full what a narrow column cuts, draws statuses as badges, and numbers on the right", () => {
    const long = "a name that is too long ".repeat(9);
    const { element } = made(new RunRows(table([long], [0.5], ["failed"])));
    const cells = [...element.querySelectorAll<HTMLElement>("[data-jt-run] > *")];
    expect(cells[1]!.title).toBe(long);
    expect(cells[1]!.getAttribute("scope")).toBe("row");
    expect(cells[2]!.querySelector(".jt-status.jt-is-failed")!.textContent).toBe("failed");
    expect(cells.map((cell) => cell.classList.contains("jt-words"))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it("opens a run by a click on its row, and chooses it by one beside its box", () => {
    const { element, back } = made(new RunRows(table(["a", "b"], [1, 2])));
    element.querySelector<HTMLElement>("[data-jt-run=id1] th")!.click();
    element.querySelector<HTMLElement>("[data-jt-run=id0] .jt-tick")!.click();
    expect(back.open.mock.calls).toEqual([["id1"]]);
    expect(back.choose.mock.calls).toEqual([[["id0"]]]);
    expect(element.querySelector<HTMLInputElement>("[data-jt-run=id0] input")!.checked).toBe(true);
  });

  it("has no boxes where nothing can be done with several runs", () => {
    const open = vi.fn();
    const { element } = new RunTable(new RunRows(table(["a", "b"], [1, 2])), { open });
    document.body.append(element);
    expect(element.querySelectorAll("input[type=checkbox], .jt-sign").length).toBe(0);
    const row = element.querySelector<HTMLElement>("[data-jt-run=id1]")!;
    row.focus();
    for (const name of [" ", "Escape", "Enter"]) key(name);
    expect(open.mock.calls).toEqual([["id1"]]);
    expect(row.hasAttribute("aria-selected")).toBe(false);
    expect(row.getAttribute("aria-current")).toBe("true");
  });

  it("offers to compare what two ticked runs share", () => {
    const { runs, element, back } = made(new RunRows(table(["a", "b", "c"], [1, 2, 3])));
    const press = () =>
      [...element.querySelectorAll<HTMLElement>("button")].find(
        (b) => b.textContent === "compare",
      )!;
    const choice = () => element.querySelector<HTMLElement>(".jt-choice")!;
    expect(choice().hidden).toBe(true);
    element.querySelectorAll<HTMLElement>("input[type=checkbox]")[0]!.click();
    expect(choice().textContent).toContain("choose another");
    element.querySelectorAll<HTMLElement>("input[type=checkbox]")[2]!.click();
    runs.offer([
      ["curve", "roc", 2],
      ["metric", "loss", 2],
    ]);
    press().click();
    const what = choice().querySelector("select")!;
    what.value = "0";
    press().click();
    expect(back.compare.mock.calls).toEqual([
      ["", "", ["id0", "id2"]],
      ["curve", "roc", ["id0", "id2"]],
    ]);
    runs.offer([]);
    expect([...what.options].map((each) => each.text)).toEqual(["all that they have"]);
    press().click();
    expect(back.compare.mock.lastCall).toEqual(["", "", ["id0", "id2"]]);
  });

  it("does by a key on a row what its buttons do, to the runs that are chosen or to that of the row", () => {
    const back = { open: vi.fn(), choose: vi.fn(), compare: vi.fn() };
    const more = { curate: vi.fn(), undo: vi.fn(), plot: vi.fn() };
    const runs = new RunTable(new RunRows(table(["a", "b", "c"], [1, 2, 3])), { ...back, ...more });
    document.body.append(runs.element);
    const search = runs.element.querySelector<HTMLInputElement>("input[type=search]")!;
    search.focus();
    key("ArrowDown");
    expect((document.activeElement as HTMLElement).dataset["jtRun"]).toBe("id0");
    key("t");
    const field = document.activeElement as HTMLInputElement;
    field.value = "good";
    key("Delete"); // which is the field's
    key("Enter");
    expect(more.curate.mock.calls).toEqual([["tag", "good", ["id0"]]]);
    expect((document.activeElement as HTMLElement).dataset["jtRun"]).toBe("id0");
    key("c"); // of one run
    expect(back.compare).not.toHaveBeenCalled();
    key("ArrowDown");
    key(" ");
    key("c");
    expect(back.compare.mock.calls).toEqual([["", "", ["id0", "id1"]]]);
    key("p");
    key("Delete");
    expect(more.curate.mock.calls.slice(1)).toEqual([
      ["pin", "", ["id0", "id1"]],
      ["delete", "", ["id0", "id1"]],
    ]);
    document.activeElement!.dispatchEvent(
      new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true, cancelable: true }),
    );
    expect(more.undo).not.toHaveBeenCalled();
    runs.tell({ text: "2 runs moved to the trash", undo: true });
    document.activeElement!.dispatchEvent(
      new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true, cancelable: true }),
    );
    expect(more.undo).toHaveBeenCalledOnce();
    key("i");
    key("Escape");
    key("i");
    expect(more.plot.mock.calls).toEqual([[["id0", "id1"]], [["id0", "id1", "id2"]]]);
    expect(back.choose.mock.lastCall).toEqual([[]]);
  });

  it("puts the focus on the way back where the row that had it is gone", () => {
    const more = {
      open: vi.fn(),
      choose: vi.fn(),
      compare: vi.fn(),
      curate: vi.fn(),
      undo: vi.fn(),
    };
    const runs = new RunTable(new RunRows(table(["a", "b"], [1, 2])), more);
    document.body.append(runs.element);
    type(runs.element, "b");
    runs.element.querySelector<HTMLElement>("[data-jt-run=id1]")!.focus();
    key("Delete");
    runs.update(new RunRows(table(["a"], [1])));
    runs.tell({ text: "1 run moved to the trash", undo: true });
    expect(document.activeElement!.textContent).toBe("undo");
  });

  it("keeps search, order, ticks and focus when rows come and change", () => {
    const { runs, element } = made(new RunRows(table(["a1", "a2", "b"], [1, 2, 3])));
    type(element, "a");
    sort(element, "loss");
    element.querySelector<HTMLElement>("[data-jt-run=id1]")!.focus();
    key(" ");
    runs.update(new RunRows(table(["a1", "a2", "b", "a3"], [5, 2, 3, 1])));
    expect(shown(element)).toEqual(["id0", "id1", "id3"]);
    expect((document.activeElement as HTMLElement).dataset["jtRun"]).toBe("id1");
    expect(element.querySelector("[aria-selected=true]")!.getAttribute("data-jt-run")).toBe("id1");
  });
});
