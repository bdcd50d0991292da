import { describe, expect, it } from "vitest";
import { chosenFields, choose, keyOf } from "../src/run-table/columns";
import { movedBy } from "../src/run-table/column-chooser";
import { arrangementOf } from "../src/run-table/arrangement";
import { figuresOf } from "../src/run-table/figures";
import { groupLines, runLines, type Line } from "../src/run-table/lines";
import { RunRows } from "../src/widgets/run-rows";
import { runsPayload } from "./made";
import vectors from "./samples/figures/figures.json";

const rowsOf = (fields: Parameters<typeof runsPayload>[0], hides = true): RunRows =>
  new RunRows(runsPayload(fields, hides));
const chosen = (rows: RunRows): string[] => choose(rows).fields.map((n) => keyOf(rows.fields[n]!));
const search = (): RunRows =>
  rowsOf({
    id: ["a", "b", "c", "d"],
    name: ["x", "x", "y", "z"],
    status: ["succeeded", "failed", "succeeded", "succeeded"],
    created: [4, 3, 2, 1],
    tags: ["", "", "", ""],
    archived: ["", "", "", "archived"],
    pinned: ["", "", "pinned", ""],
    parent: ["", "c", "", ""],
    "inputs.batch": [32, 32, 32, 64],
    "inputs.lr": [0.1, 0.01, null, 0.5],
    "inputs.model": ["cnn", "cnn", "mlp", "cnn"],
    "outputs.time": [1, 2, 3, 4],
    "outputs.loss min": [0.5, NaN, 0.25, 0],
  });

describe("the columns that are chosen", () => {
  it("are results with goals, other results, and the inputs that differ; what is the same is told apart", () => {
    const rows = search();
    expect(chosen(rows)).toEqual([
      ..."name status created outputs.loss outputs.time".split(" "),
      ..."inputs.model inputs.lr parent".split(" "),
    ]);
    const [same] = choose(rows).same;
    expect([keyOf(rows.fields[same!.field]!), same!.count]).toEqual(["inputs.batch", 3]);
    expect(rows.sample(same!.field)).toBe("32");
  });

  it("stay as somebody chose them, as far as the runs have them, behind the name", () => {
    const rows = search();
    const keys = chosenFields(rows, ["inputs.lr", "gone", "status", "inputs.lr"]);
    expect(keys.map((n) => keyOf(rows.fields[n]!))).toEqual(["name", "inputs.lr", "status"]);
  });

  it("are moved between each other, never before the name", () => {
    expect(movedBy([5, 6, 7, 8], 3, -1)).toEqual([5, 6, 8, 7]);
    expect(movedBy([5, 6, 7, 8], 1, 2)).toEqual([5, 7, 8, 6]);
    for (const [place, by] of [
      [1, -1],
      [0, 1],
      [3, 1],
      [2, 0],
    ] as const)
      expect(movedBy([5, 6, 7, 8], place, by)).toBeNull();
  });

  it("are read from what was kept, whatever that is", () => {
    for (const kept of [
      null,
      5,
      "x",
      [],
      { columns: 5, widths: 3, sort: {}, groups: [1], search: 2, archived: "yes" },
    ])
      expect(arrangementOf(kept)).toEqual(Object.hasOwn(Object(kept), "widths") ? {} : {});
    const whole = {
      columns: ["a"],
      widths: { a: 3 },
      sort: ["a", true],
      groups: ["b"],
      search: "s",
      archived: true,
    };
    expect(arrangementOf({ ...whole, more: 1 })).toEqual(whole);
  });
});

describe("runs of the same name", () => {
  it("are told apart by their ids, and others are not", () => {
    const rows = search();
    expect([0, 1, 2].map((row) => rows.aside(row))).toEqual(["a", "b", ""]);
  });
});

const shown = (rows: RunRows, lines: Line[]): string[] =>
  lines.map((line) =>
    line.group
      ? `${line.values.join("|")}:${line.group.length}`
      : `${"-".repeat(line.level - 1)}${rows.id(line.row)}`,
  );

describe("the lines of runs", () => {
  it("have pinned ones first, archived ones where they are asked for, and children below their parents", () => {
    const rows = search();
    const closed = runLines(rows, rows.find("", null), null, () => false);
    expect(shown(rows, closed)).toEqual(["c", "a"]);
    const open = runLines(rows, rows.find("", null, true), null, () => true);
    expect(shown(rows, open)).toEqual(["c", "-b", "a", "d"]);
    expect(
      shown(
        rows,
        runLines(rows, rows.find("failed", null), null, () => false),
      ),
    ).toEqual(["b"]);
  });

  it("have a parent without a value where the first of its children would be", () => {
    const rows = rowsOf({
      id: ["p", "q", "r", "s"],
      name: ["p", "q", "r", "s"],
      parent: ["", "p", "p", ""],
      "outputs.acc max": [null, 0.9, 0.7, 0.8],
    });
    const sort = { field: 3, descending: true };
    const lines = runLines(rows, rows.find("", sort), sort, () => true);
    expect(shown(rows, lines)).toEqual(["p", "-q", "-r", "s"]);
    const up = { field: 3, descending: false };
    expect(
      shown(
        rows,
        runLines(rows, rows.find("", up), up, () => true),
      ),
    ).toEqual(["p", "-r", "-q", "s"]);
  });

  it("show every run once, also where parents go round in a circle or are their own", () => {
    const rows = rowsOf({ id: ["a", "b", "c"], name: ["a", "b", "c"], parent: ["b", "a", "c"] });
    expect(
      shown(
        rows,
        runLines(rows, [0, 1, 2], null, () => true),
      ).map((id) => id.replace(/-/g, "")),
    ).toEqual(["a", "b", "c"]);
  });

  it("are grouped by several fields, groups in the order of what they have or of their means", () => {
    const rows = search();
    const [model, batch] = [10, 8];
    expect(keyOf(rows.fields[model]!)).toBe("inputs.model");
    const every = rows.find("", null, true);
    expect(
      shown(
        rows,
        groupLines(rows, every, [model, batch], null, () => false),
      ),
    ).toEqual(["cnn|32:2", "cnn|64:1", "mlp|32:1"]);
    const sort = { field: 12, descending: false };
    const lines = groupLines(rows, rows.find("", sort, true), [model], sort, () => true);
    expect(shown(rows, lines)).toEqual(["cnn:3", "-d", "-a", "-b", "mlp:1", "-c"]);
  });
});

describe("the figures of a group", () => {
  it.each(vectors.map((each) => [each]))(
    "equal those of pandas: %#",
    ({ values, count, mean, std, min, max }) => {
      const numbers = (values as (number | string)[]).map(Number);
      const found = figuresOf(numbers);
      const close = (a: number, b: number | string): void => {
        const expected = Number(b);
        if (Number.isFinite(expected))
          expect(Math.abs(a - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
        else expect(a).toBe(expected);
      };
      expect(found.count).toBe(count);
      close(found.mean, mean);
      close(found.std, std);
      close(found.min, min);
      close(found.max, max);
    },
  );
});

describe("runs grouped by their tags", () => {
  it("are in the group of each tag, and those without any in one of their own", () => {
    const rows = rowsOf({
      id: ["a", "b", "c"],
      name: ["a", "b", "c"],
      tags: ["new, base", "", "base"],
    });
    expect(
      shown(
        rows,
        groupLines(rows, [0, 1, 2], [2], null, () => false),
      ),
    ).toEqual(["base:2", "new:1", ":1"]);
  });

  it("are told apart by the values that they have, not by how these are written", () => {
    const rows = rowsOf({ id: ["a", "b"], name: ["a", "b"], "inputs.lr": [0.1234561, 0.1234562] });
    expect(
      shown(
        rows,
        groupLines(rows, [0, 1], [2], null, () => false),
      ).length,
    ).toBe(2);
  });
});
