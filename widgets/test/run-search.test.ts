import { beforeEach, describe, expect, it, vi } from "vitest";
import { completions, nearFilters } from "../src/run-table/filtering";
import { WordSearch } from "../src/run-table/word-search";
import { RunRows } from "../src/widgets/run-rows";
import { RunTable } from "../src/widgets/run-table";
import { runsPayload } from "./made";

const rows = (): RunRows =>
  new RunRows(
    runsPayload({
      id: ["a", "b", "c"],
      name: ["first", "second", "third"],
      status: ["succeeded", "failed", "succeeded"],
      tags: ["base, new", "", "new"],
      note: ["", "look at this", ""],
      pinned: ["", "pinned", ""],
      "inputs.lr": [0.1, 0.01, null],
      "inputs.model": ["cnn", "resnet", "a b"],
      "outputs.val/acc max": [0.5, 0.75, 0.25],
    }),
  );
const table = () => {
  const back = { open: vi.fn(), choose: vi.fn(), compare: vi.fn(), curate: vi.fn(), undo: vi.fn() };
  const runs = new RunTable(rows(), back);
  document.body.append(runs.element);
  const input = runs.element.querySelector<HTMLInputElement>("input[type=search]")!;
  const type = (text: string): void => {
    input.value = text;
    input.setSelectionRange(text.length, text.length);
    input.dispatchEvent(new Event("input"));
  };
  const press = (target: Element, key: string): void => {
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  };
  const button = (words: string): HTMLElement =>
    [...runs.element.querySelectorAll<HTMLElement>("button")].find((b) => b.textContent === words)!;
  const shown = (): string[] =>
    [...runs.element.querySelectorAll<HTMLElement>("[data-jt-run]")].map(
      (e) => e.dataset["jtRun"]!,
    );
  const mistake = runs.element.querySelector<HTMLElement>(".jt-mistake")!;
  return { runs, back, input, type, press, button, shown, mistake };
};

beforeEach(() => document.body.replaceChildren());

describe("filtering the runs", () => {
  it.each([
    ["lr < 0.05", [1]],
    ["status = failed", [1]],
    ['"new" in tags and val/acc > 0.3', [0]],
    ["notes ~ look or model = cnn", [0, 1]],
    ["lr is missing", [2]],
    ["pinned = true", [1]],
    ["age < 1h", []],
    ["age > 1h", []],
    ["resnet", [1]],
    ["model=resnet", [1]],
    ["lr=0.01 second", [1]],
  ])("%s finds %j", (filter, found) => {
    expect(rows().filter(filter).error).toBeUndefined();
    expect(rows().find(filter, null)).toEqual(found);
  });

  it("shows a mistake at its place, keeps the runs found before, and takes the mistake away", () => {
    const { type, shown, mistake, input } = table();
    type("lr < 0.05");
    expect(shown()).toEqual(["b"]);
    type("lr < 0.05 and lrr < 1");
    expect(shown()).toEqual(["b"]);
    expect(mistake.querySelector("mark")!.textContent).toBe("lrr");
    expect(mistake.textContent).toContain("near: lr");
    expect(input.getAttribute("aria-invalid")).toBe("true");
    expect(input.getAttribute("aria-describedby")).toBe(mistake.id);
    type("lr < 0.05");
    expect(mistake.hidden).toBe(true);
    expect(input.getAttribute("aria-invalid")).toBe("false");
  });

  it("says that nothing is found, and offers what is near and the way back", () => {
    const { type, shown, button, runs } = table();
    type("model = resnett");
    expect(shown()).toEqual([]);
    expect(runs.element.textContent).toContain("no run passes “model = resnett”");
    button("model = resnet").click();
    expect(shown()).toEqual(["b"]);
    type("nothing like it");
    button("clear the filter").click();
    expect(shown().length).toBe(3);
    expect(nearFilters(rows(), "statuss = x")).toEqual([]);
    expect(nearFilters(rows(), "secnd")).toEqual(["second"]);
  });
});

describe("looking for words in many runs", () => {
  const numbers = [0, -1, 0.25, 12, 1e-7, 3.5e9, NaN, Infinity, -Infinity, null];
  const many = (): RunRows =>
    new RunRows(
      runsPayload({
        id: numbers.map((_, n) => `id${n}`),
        name: numbers.map((_, n) => (n % 3 ? `Run ${n}` : "")),
        created: numbers.map((_, n) => 1e15 + n),
        "inputs.lr": numbers,
        "inputs.a=b": numbers.toReversed(),
        "inputs.Model": numbers.map((_, n) => ["cnn 12", "", "e=mc2"][n % 3]!),
        "outputs.loss": numbers.map((value) => value && value / 3),
      }),
    );
  const words =
    "run id3 1 12 0.25 0.2 1e-7 e e9 3.5e9 -1 − ∞ −∞ nan na lr lr= lr=1 r=0 a=b a=b=1 b=1 =0.25 = == " +
    "xlr= model= model=cnn cnn e=mc2 mc2 mc3 loss=0 loss=− s=4 run12 000 zz";

  it.each(words.split(" "))("finds %s in what the table writes", (word) => {
    const rows = many();
    const texts = numbers.map((_, row) =>
      rows.fields.flatMap(({ kind, group, name }, field) => {
        const text = kind === "time" ? "" : rows.text(row, field);
        return text === "" ? [] : [(group ? `${name}=${text}` : text).toLowerCase()];
      }),
    );
    const expected = numbers.flatMap((_, row) =>
      texts[row]!.some((text) => text.includes(word)) ? [row] : [],
    );
    expect(rows.find(`"${word}"`, null)).toEqual(expected);
    expect(rows.find(`"${word}" or "${word.toUpperCase()}"`, null)).toEqual(expected);
  });

  it("writes no number for a word that is in none, and each once at most", () => {
    const rows = many();
    const written = vi.spyOn(rows, "written");
    const ofNumbers = () => written.mock.calls.filter(([value]) => typeof value === "number");
    for (const word of ["run12", "resnet50", "lr", "lr=", "other=0.25"])
      rows.find(`"${word}"`, null);
    expect(ofNumbers()).toEqual([]);
    for (const word of ["lr=0.25", "lr=0.2", "lr=0"]) rows.find(`"${word}"`, null);
    expect(ofNumbers().length).toBe(9);
    for (const word of ["0", "0.2", "e", "loss=0"]) rows.find(`"${word}"`, null);
    expect(ofNumbers().length).toBe(3 * 9);
  });

  it("leaves the columns alone that come after all runs have the word", () => {
    const rows = new RunRows(
      runsPayload({ id: ["a", "b"], "inputs.x": [10, 20], "inputs.y": [1, 2] }),
    );
    const written = vi.spyOn(rows, "written");
    expect(rows.find(`"0"`, null)).toEqual([0, 1]);
    expect(written.mock.calls.map(([value]) => value)).not.toContain(2);
  });

  it("finds no word across two values, nor one with the end of a line in a value without", () => {
    const rows = new RunRows(
      runsPayload({ id: ["a", "b"], name: ["one\ntwo", "three"], "inputs.x": [12, 34] }),
    );
    const search = (word: string): number[] => [...new WordSearch(rows).find(word)];
    expect(search("e\nt")).toEqual([1, 0]);
    expect(search("12\n34")).toEqual([0, 0]);
    expect(search("\none")).toEqual([0, 0]);
    expect(search("\n34")).toEqual([0, 0]);
    expect(search("x=34")).toEqual([0, 1]);
  });

  it("writes the numbers ahead, a column at a time, and none of them again", () => {
    const rows = many();
    const written = vi.spyOn(rows, "written");
    let turns = 1;
    while (rows.prepareSearch(0)) turns += 1;
    expect(turns).toBe(3);
    const before = written.mock.calls.length;
    expect(rows.prepareSearch(0)).toBe(false);
    rows.find(`"0.2"`, null);
    const ofNumbers = written.mock.calls.slice(before).filter(([v]) => typeof v === "number");
    expect(ofNumbers).toEqual([]);
  });
});

describe("completing a filter", () => {
  const labels = (text: string): string[] =>
    completions(rows(), text, text.length).map((each) => each.label);

  it("offers columns, then values, and writes them so that they are read again", () => {
    expect(labels("mo")).toEqual(["model"]);
    expect(labels("st")[0]).toBe("status");
    expect(labels("model ").slice(0, 2)).toEqual(["<", "<="]);
    expect(labels("model = ")).toEqual(["cnn", "resnet", '"a b"']);
    expect(labels("model = re")).toEqual(["resnet"]);
    expect(labels("tags = n")).toEqual(["new"]);
    expect(labels("lr < 0.0")).toEqual(["0.01"]);
    const [, , spaced] = completions(rows(), "model = ", 8);
    expect(spaced!.text).toBe('model = "a b" ');
    expect(rows().find(spaced!.text, null)).toEqual([2]);
    expect(labels("")).toEqual([]);
  });

  it("is done by keys: down, Enter, and Escape closes it and is not heard outside", () => {
    const { type, press, input, runs } = table();
    const outside = vi.fn();
    document.body.addEventListener("keydown", outside);
    type("mod");
    const list = runs.element.querySelector<HTMLElement>("[role=listbox]")!;
    expect([list.hidden, input.getAttribute("aria-expanded")]).toEqual([false, "true"]);
    press(input, "ArrowDown");
    const active = input.getAttribute("aria-activedescendant")!;
    expect(document.getElementById(active)!.getAttribute("aria-selected")).toBe("true");
    press(input, "Enter");
    expect(input.value).toBe("model ");
    type("model = c");
    press(input, "Escape");
    expect(list.hidden).toBe(true);
    expect(outside).not.toHaveBeenCalled();
  });
});

describe("changing runs from the table", () => {
  const choose = (element: HTMLElement, ids: string[]): void => {
    for (const id of ids)
      element.querySelector<HTMLElement>(`[data-jt-run=${id}] .jt-tick`)!.click();
  };

  it("asks for what is done to the runs that are chosen, with a word where one is needed", () => {
    const { runs, back, button, press } = table();
    choose(runs.element, ["a", "b"]);
    button("delete").click();
    button("tag…").click();
    const field = document.activeElement as HTMLInputElement;
    expect(field.getAttribute("aria-label")).toBe("tags, with commas between of 2 runs");
    field.value = " winner ";
    press(field, "Enter");
    button("tag…").click();
    button("base ×").click();
    expect(back.curate.mock.calls).toEqual([
      ["delete", "", ["a", "b"]],
      ["tag", "winner", ["a", "b"]],
      ["untag", "base", ["a", "b"]],
    ]);
  });

  it("begins a note with what is there, keeps an empty one, and leaves by Escape", () => {
    const { runs, back, button, press } = table();
    choose(runs.element, ["b"]);
    button("note…").click();
    const field = document.activeElement as HTMLInputElement;
    expect(field.value).toBe("look at this");
    press(field, "Escape");
    button("note…").click();
    (document.activeElement as HTMLInputElement).value = "";
    button("keep").click();
    expect(back.curate.mock.calls).toEqual([["note", "", ["b"]]]);
    expect(button("unpin")).toBeDefined();
  });

  it("says what came of it, and offers to undo it", () => {
    const { runs, back, button } = table();
    runs.tell({ text: "2 runs moved to the trash", error: "x: no", undo: true });
    expect(runs.element.querySelector("[role=alert]")!.textContent).toBe("x: no");
    button("undo").click();
    expect(back.undo).toHaveBeenCalledOnce();
  });

  it("is not offered where there is no kernel", () => {
    const runs = new RunTable(rows(), { open: vi.fn() });
    expect(runs.element.querySelector(".jt-curating, .jt-said-of-runs")).toBeNull();
  });

  it("tells how many of the chosen runs are not seen", () => {
    const { runs, type, button } = table();
    choose(runs.element, ["a", "b"]);
    type("status = failed");
    const bar = runs.element.querySelector(".jt-choice")!;
    expect(bar.textContent).toContain("2 runs chosen, 1 not shown");
    type("");
    expect(bar.textContent).not.toContain("not shown");
    button("choose 1 more").click();
    expect(bar.textContent).toContain("3 runs chosen");
    expect(button("choose 0 more").hidden).toBe(true);
  });
});

describe("the keys of the table", () => {
  it("lead to the search by a slash, and type it where text is typed", () => {
    const { runs, press, input } = table();
    const row = runs.element.querySelector<HTMLElement>("[data-jt-run]")!;
    row.focus();
    press(row, "/");
    expect(document.activeElement).toBe(input);
    const heard = vi.fn();
    document.body.addEventListener("keydown", heard);
    press(input, "/");
    expect(heard).toHaveBeenCalledOnce();
  });

  it("go into a row and out of it, to the headings and back", () => {
    const { runs, press } = table();
    const row = runs.element.querySelector<HTMLElement>("[data-jt-run=a]")!;
    const at = (): HTMLElement => document.activeElement as HTMLElement;
    row.focus();
    press(at(), "ArrowRight");
    expect([at().closest("tr"), at().dataset["column"]]).toEqual([row, "0"]);
    press(at(), "ArrowRight");
    press(at(), "ArrowUp");
    expect([at().closest("tr")!.dataset["jtRun"], at().dataset["column"]]).toEqual(["b", "1"]);
    press(at(), "ArrowUp");
    expect([at().localName, at().closest("th")!.dataset["column"]]).toEqual(["button", "1"]);
    press(at(), "ArrowRight");
    press(at(), "ArrowDown");
    expect([at().closest("tr")!.dataset["jtRun"], at().dataset["column"]]).toEqual(["b", "2"]);
    for (const _ of [0, 1, 2]) press(at(), "ArrowLeft");
    expect(at().localName).toBe("tr");
    expect(runs.element.querySelectorAll("tbody [tabindex='0']").length).toBe(1);
    expect(runs.element.querySelectorAll("tbody td[tabindex]").length).toBe(0);
  });

  it("move a column and widen it, and the table is told as arranged", () => {
    const arranged = vi.fn();
    const runs = new RunTable(rows(), { open: vi.fn(), arranged });
    document.body.append(runs.element);
    const heading = (name: string): HTMLElement =>
      [...runs.element.querySelectorAll<HTMLElement>(".jt-sort")].find(
        (b) => b.querySelector(".jt-field")!.textContent === name,
      )!;
    const names = () =>
      [...runs.element.querySelectorAll(".jt-sort .jt-field")].map((e) => e.textContent);
    const before = names();
    heading("model").focus();
    const key = (init: KeyboardEventInit): void => {
      document.activeElement!.dispatchEvent(
        new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }),
      );
    };
    key({ key: "ArrowLeft", ctrlKey: true });
    expect(names().indexOf("model")).toBe(before.indexOf("model") - 1);
    expect(document.activeElement).toBe(heading("model"));
    key({ key: "ArrowRight", shiftKey: true });
    const kept = arranged.mock.lastCall![0];
    expect(kept.columns).toContain("inputs.model");
    expect(kept.widths["inputs.model"]).toBeGreaterThan(8);
    const again = new RunTable(rows(), { open: vi.fn(), arrangement: kept });
    const second = [...again.element.querySelectorAll(".jt-sort .jt-field")];
    expect(second.map((e) => e.textContent)).toEqual(names());
  });
});

describe("names in order", () => {
  it.each([
    [["run-10", "run-9", "run-100", "run-1"]],
    [["7", "007", "07", "10", "2"]],
    [["run 2", "", "run 1"]],
    [["a1b2", "a1b10", "a1b1"]],
    [["run2", "Run1", "run10"]],
    [["x", "x1", "x0"]],
    [["v1.10", "v1.9", "v1.2"]],
    [["2", "99999999999999999999", "1"]],
  ])("are those that a collator has for %j", (names) => {
    const rows = new RunRows(runsPayload({ id: names.map((_, n) => `id${n}`), name: names }));
    const field = rows.fieldNamed("name");
    const collator = new Intl.Collator(undefined, { numeric: true });
    const expected = names.filter(Boolean).sort(collator.compare);
    const found = rows.find("", { field, descending: false }).map((row) => rows.at(row, field));
    expect(found).toEqual([...expected, ...names.filter((name) => name === "")]);
  });
});
