import { afterEach, describe, expect, it, vi } from "vitest";
import type {
  AnswerHead,
  ColumnSummary,
  StepHead,
  StoredRowsHead,
  TableField,
} from "../src/model/payload-heads";
import type { Payload } from "../src/model/payload";
import { payload } from "./made";
import { type Ask, key, never, openedTable } from "./opened-table";

const FIELDS: TableField[] = [
  { name: "", dtype: "int64", kind: "number", index: true, at: -1 },
  { name: "p", dtype: "float64", kind: "number", at: 0, missing: ["NaN"] },
];

/** Rows of a table whose p is an eighth of the row, and missing in row 2. */
function rows(
  from: number,
  count: number,
  total: number,
  more: Partial<AnswerHead<"dataframe">> = {},
  shift = 0,
): Payload<StoredRowsHead> {
  const index = Float64Array.from({ length: count }, (_, n) => from + n);
  const values = index.map((n) => n / 8 + shift);
  const missing = Uint8Array.from(index, (n) => (n === 2 ? 1 : 0));
  return payload(
    {
      rows: total,
      from,
      count,
      width: 1,
      done: true,
      fields: FIELDS,
      columns: { v0: [0, "f8"], v1: [1, "f8"], n1: [2, "u1"] },
      ...more,
    },
    index,
    values,
    missing,
  );
}

function opened(...given: Parameters<typeof openedTable>) {
  const { element, panel, draw, scroll } = openedTable(...given);
  const find = <T extends HTMLElement = HTMLElement>(selector: string) =>
    element.querySelector<T>(selector)!;
  const cells = () =>
    [...element.querySelectorAll("tbody tr:not(.jt-space)")].map((tr) =>
      [...tr.children].map((td) => td.textContent),
    );
  const press = (label: string) =>
    [...element.querySelectorAll("button")].find((b) => b.textContent === label)!.click();
  return {
    element,
    panel,
    find,
    cells,
    press,
    draw,
    caption: () => find(".jt-caption").textContent!,
    scroll,
  };
}

afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe("rows", () => {
  it("on screen are the only ones in the page, however many there are", () => {
    const { draw, cells, caption } = opened([rows(0, 60, 10_000_000)]);
    draw(0);
    expect(cells().length).toBeLessThan(40);
    expect(cells()[2]).toEqual(["2", "NaN"]);
    expect(cells()[3]).toEqual(["3", "0.375"]);
    expect(caption()).toBe("10,000,000 rows × 1 column");
  });

  it("are asked for by pages when they are scrolled to, once", async () => {
    const ask = vi.fn<Ask>(async (query) => {
      const [from, to] = query["rows"] as [number, number];
      return rows(from, to - from, 1000);
    });
    const { draw, cells, scroll } = opened([rows(0, 60, 1000)], { ask });
    draw(0);
    scroll.scrollTop = 25 * 500;
    scroll.dispatchEvent(new Event("scroll"));
    expect(cells()[4]![0]).toBe("…");
    await vi.waitFor(() => expect(cells()[4]).toEqual(["500", "62.500"]));
    expect(ask.mock.calls.map(([query]) => query)).toEqual([{ rows: [400, 600] }]);
  });

  it("can be scrolled to the last of many millions", () => {
    const { draw, scroll, find } = opened([rows(0, 60, 10_000_000)]);
    draw(0);
    scroll.scrollTop = 6_000_000 - 300;
    scroll.dispatchEvent(new Event("scroll"));
    expect(find("tbody tr:last-child:not(.jt-space)").getAttribute("aria-rowindex")).toBe(
      "10000001",
    );
  });

  it("that cannot be had are said in words", async () => {
    const { draw, scroll, element } = opened([rows(0, 60, 1000)], {
      ask: () => Promise.reject(new Error("the kernel does not answer")),
    });
    draw(0);
    scroll.scrollTop = 25 * 500;
    scroll.dispatchEvent(new Event("scroll"));
    await vi.waitFor(() =>
      expect(element.textContent).toContain("rows 496 and on: the kernel does not answer"),
    );
  });

  it("of a saved page are said to be only the first", () => {
    const { draw, caption } = opened([rows(0, 60, 1000)], { live: false });
    draw(0);
    expect(caption()).toContain("the first 60 rows are kept in this page");
  });

  it("show markup as the text it is", () => {
    const evil = "<img src=x onerror=alert(1)>";
    const { draw, find, element } = opened([
      payload(
        {
          rows: 1,
          from: 0,
          count: 1,
          width: 1,
          done: true,
          fields: [{ name: evil, dtype: evil, kind: "text", text: 1, at: 0 }],
          columns: { e0: [0, "u4"] },
        },
        new Uint32Array([evil.length]),
        evil,
      ),
    ]);
    draw(0);
    expect(element.querySelector("img")).toBeNull();
    expect(find("tbody tr:not(.jt-space) td").textContent).toBe(evil);
  });
});

describe("what is missing", () => {
  it("is told apart from an empty text and from a text of the same letters", () => {
    const texts = ["", "NaN", "None"];
    const ends = new Uint32Array([0, 3, 7, 7, 7]);
    const { draw, element } = opened([
      payload(
        {
          rows: 5,
          from: 0,
          count: 5,
          width: 1,
          done: true,
          fields: [
            { name: "t", dtype: "object", kind: "text", text: 1, at: 0, missing: ["None", "NaN"] },
          ],
          columns: { e0: [0, "u4"], n0: [2, "u1"] },
        },
        ends,
        texts.join(""),
        new Uint8Array([0, 0, 0, 1, 2]),
      ),
    ]);
    draw(0);
    const cells = [...element.querySelectorAll("tbody tr:not(.jt-space) td")];
    expect(cells.map((td) => [td.textContent, td.className])).toEqual([
      ['""', "jt-words jt-empty"],
      ["NaN", "jt-words"],
      ["None", "jt-words"],
      ["None", "jt-words jt-missing"],
      ["NaN", "jt-words jt-missing"],
    ]);
  });
});

describe("order", () => {
  it("of a frame that is in the page needs no kernel, and what is missing comes last", () => {
    const ask = vi.fn(never);
    const { draw, cells, find, caption } = opened([rows(0, 6, 6)], { ask });
    draw(0);
    find("th[data-column='1']").click();
    expect(cells().map(([i]) => i)).toEqual(["0", "1", "3", "4", "5", "2"]);
    find("th[data-column='1']").click();
    expect(cells().map(([i]) => i)).toEqual(["5", "4", "3", "1", "0", "2"]);
    expect(find("th[data-column='1']").getAttribute("aria-sort")).toBe("descending");
    expect(caption()).toContain("by p, greatest first");
    find("th[data-column='1']").click();
    expect(cells().map(([i]) => i)).toEqual(["0", "1", "2", "3", "4", "5"]);
    expect(ask).not.toHaveBeenCalled();
  });

  it("of a longer frame is the kernel's, and is kept from step to step", async () => {
    const ask = vi.fn<Ask>(async () => rows(900, 60, 1000));
    const { draw, cells, find } = opened([rows(0, 60, 1000), rows(0, 60, 1000)], { ask });
    draw(0);
    find("th[data-column='1']").click();
    await vi.waitFor(() => expect(cells()[0]![0]).toBe("900"));
    expect(ask.mock.calls[0]).toEqual([{ rows: [0, 60], sort: [0, 0] }, 0, expect.anything()]);
    await draw(1);
    expect(cells()[0]![0]).toBe("900");
    expect(
      ask.mock.calls.some(
        ([query, at]) =>
          at === 1 && JSON.stringify(query) === JSON.stringify({ rows: [0, 60], sort: [0, 0] }),
      ),
    ).toBe(true);
  });

  it("keeps the old picture until the kernel has answered", async () => {
    let answer = (_: Payload<AnswerHead<"dataframe">>): void => undefined;
    const { draw, cells, find } = opened([rows(0, 60, 1000), rows(0, 60, 1000, {}, 1)], {
      ask: () =>
        new Promise((done) => {
          answer = done;
        }),
    });
    draw(0);
    find("th[data-column='1']").click();
    expect(cells()[0]).toEqual(["0", "0.000"]);
    const drawing = draw(1) as Promise<void>;
    expect(find(".jt-frame").classList.contains("jt-waiting")).toBe(true);
    expect(cells()[0]).toEqual(["0", "0.000"]);
    answer(rows(7, 1, 1000));
    answer(rows(7, 1, 1000));
    await vi.waitFor(() => {
      answer(rows(7, 1, 1000));
      return Promise.race([drawing, Promise.reject(new Error("not yet"))]);
    });
    expect(cells()[0]![0]).toBe("7");
  });

  it("asks on until the kernel has looked through all of it, and says how far it is", async () => {
    let turn = 0;
    const ask = vi.fn<Ask>(async () =>
      rows(turn, 2, 2, (turn += 1) < 3 ? { done: false, seen: turn * 1000 } : { done: true }),
    );
    const { draw, find, cells, caption } = opened([rows(0, 60, 5000)], { ask });
    draw(0);
    const input = find<HTMLInputElement>("input[type=search]");
    input.value = "dog";
    input.dispatchEvent(new Event("input"));
    await vi.waitFor(() => expect(cells()[0]![0]).toBe("2"));
    expect(caption()).toContain("2 of 5,000 rows hold “dog”");
    expect(ask.mock.calls.filter(([query]) => query["text"] === "dog").length).toBe(3);
  });

  it("in a saved page is of the rows in the page, and says so", () => {
    const { draw, find, caption } = opened([rows(0, 60, 1000)], { live: false });
    draw(0);
    find("th[data-column='1']").click();
    expect(caption()).toContain("only the first 60 rows are kept in this page");
  });
});

describe("what changed", () => {
  it("of frames in the page is painted with no kernel", () => {
    const ask = vi.fn(never);
    const before = rows(0, 4, 4);
    const { draw, press, cells, find } = opened([before, rows(1, 4, 4, {}, 0.5)], { ask });
    draw(1);
    press("changes");
    expect(cells()).toEqual([
      ["−", "0", "0.000"],
      ["~", "1", "0.125 → 0.625"],
      ["~", "3", "0.375 → 0.875"],
      ["+", "4", "1.000"],
    ]);
    expect(find(".jt-marks").textContent).toContain("+ 1 row added");
    expect(find(".jt-marks").textContent).toContain("~ 2 rows changed (2 cells)");
    expect(ask).not.toHaveBeenCalled();
  });

  it("of longer frames is the kernel's: both rows, and which cells differ", async () => {
    const answer = payload(
      {
        rows: 3,
        from: 0,
        count: 3,
        done: true,
        tally: { same: 9, added: 1, removed: 1, changed: 1, cells: 1 },
        cells: { 0: 1 },
        added: [],
        removed: ["old"],
        pairs: [0],
        fields: FIELDS,
        before: [{ ...FIELDS[0]!, dtype: "int32" }, FIELDS[1]!],
        columns: {
          status: [0, "u1"],
          now: [1, "i4"],
          was: [2, "i4"],
          v0: [3, "f8"],
          v1: [4, "f8"],
          ov0: [5, "f8"],
          ov1: [6, "f8"],
          c1: [7, "u1"],
        },
      },
      new Uint8Array([3, 2, 1]),
      new Int32Array([0, -1, 1]),
      new Int32Array([0, 1, -1]),
      new Float64Array([5, 8]),
      new Float64Array([0.5, 0.75]),
      new Float64Array([5, 6]),
      new Float64Array([0.25, 2]),
      new Uint8Array([1, 0, 0]),
    );
    const ask = vi.fn<Ask>(async () => answer);
    const { draw, press, cells, find } = opened([rows(0, 60, 1000), rows(0, 60, 1000)], { ask });
    draw(1);
    press("changes");
    await vi.waitFor(() => expect(cells()[0]).toEqual(["~", "5", "0.250 → 0.500"]));
    expect(cells().slice(1)).toEqual([
      ["−", "6", "2.000"],
      ["+", "8", "0.750"],
    ]);
    expect(ask.mock.calls[0]!.slice(0, 2)).toEqual([{ rows: [0, 60], since: 0, only: true }, 1]);
    expect(find(".jt-marks").textContent).toContain(
      "9 the same since step 0 · columns gone: old · the index was int32, is int64",
    );
    expect(find("th[data-column='1'] .jt-badge").textContent).toBe("1 changed");
  });

  it("since the first step is nothing, and says so", () => {
    const { draw, press, caption } = opened([rows(0, 4, 4), rows(0, 4, 4)]);
    draw(0);
    press("changes");
    expect(caption()).toContain("this is the first step");
  });

  it("in a saved page is of the rows in the page, and says so", () => {
    const { draw, press, caption } = opened([rows(0, 20, 900), rows(0, 20, 900, {}, 1)], {
      live: false,
    });
    draw(1);
    press("changes");
    expect(caption()).toContain(
      "only the first 20 rows of each step are kept in this page, and compared",
    );
  });
});

describe("the summary", () => {
  it("is in the head of each column: spread, ends, what is missing, how many are different", async () => {
    const told: [number, ColumnSummary][] = [
      [-1, { nulls: 0, distinct: 1000, low: 0, high: 999 }],
      [0, { nulls: 10, distinct: 500, low: 0, high: 0.5, bins: [1, 2, 3] }],
    ];
    const { draw, press, find } = opened([rows(0, 60, 1000)], {
      ask: async () => payload<AnswerHead<"dataframe">>({ summary: told, done: true, seen: 1000 }),
    });
    draw(0);
    press("summary");
    await vi.waitFor(() =>
      expect(find("th[data-column='1'] .jt-summary").textContent).toBe(
        "0 – 0.51% missing, 500 distinct",
      ),
    );
    expect(find("th[data-column='1'] svg").querySelectorAll("rect").length).toBe(3);
    press("summary");
    expect(find(".jt-summary")).toBeNull();
  });
});

describe("sorting that takes long", () => {
  it("says so, shows no rows in another order meanwhile, and then the sorted ones", async () => {
    vi.useFakeTimers();
    let sorted = false;
    const ask = vi.fn<Ask>(async () => {
      await new Promise((done) => {
        setTimeout(done, 120);
      });
      return sorted
        ? rows(900, 60, 1000, { seen: 1000 })
        : rows(0, 0, 1000, { done: false, seen: 700 });
    });
    const { draw, cells, caption, find } = opened([rows(0, 60, 1000)], { ask });
    draw(0);
    const heading = find("th[data-column='1']");
    heading.click();
    await vi.advanceTimersByTimeAsync(1000);
    expect(cells()[3]).toEqual(["3", "0.375"]);
    expect(find(".jt-frame").classList.contains("jt-waiting")).toBe(true);
    expect(caption()).toBe("sorting · 700 rows looked at so far");
    sorted = true;
    await vi.advanceTimersByTimeAsync(300);
    expect(cells()[0]![0]).toBe("900");
    expect(find(".jt-frame").classList.contains("jt-waiting")).toBe(false);
    expect(caption()).toContain("by p, least first");
  });
});

describe("the keyboard", () => {
  it("has told of a cell what it held: at another step it tells what the cell holds there, or nothing where there is none", () => {
    const { draw, find } = opened([rows(0, 60, 60), rows(0, 60, 60, {}, 10), rows(0, 1, 1)]);
    draw(0);
    find("[tabindex='0'][data-column]").focus();
    key(document.activeElement!, "ArrowRight");
    key(document.activeElement!, "ArrowDown");
    expect(find(".jt-detail").textContent).toBe("p = 0.125");
    draw(1);
    expect(find(".jt-detail").textContent).toBe("p = 10.125");
    draw(0);
    expect(find(".jt-detail").textContent).toBe("p = 0.125");
    (document.activeElement as HTMLElement).blur();
    draw(2);
    expect(find(".jt-detail").textContent).toBe("");
  });

  it("walks the cells, keeps one of them in the order of Tab, and tells the cell in full", () => {
    const { draw, element, find } = opened([rows(0, 60, 60)]);
    draw(0);
    const at = () => {
      const cell = document.activeElement!;
      return [cell.parentElement!.getAttribute("aria-rowindex"), cell.getAttribute("data-column")];
    };
    find("[tabindex='0'][data-column]").focus();
    expect(at()).toEqual(["2", "0"]);
    key(document.activeElement!, "ArrowRight");
    key(document.activeElement!, "ArrowDown");
    expect(at()).toEqual(["3", "1"]);
    expect(find(".jt-detail").textContent).toBe("p = 0.125");
    key(document.activeElement!, "End", { ctrlKey: true });
    expect(at()).toEqual(["61", "1"]);
    key(document.activeElement!, "PageUp");
    expect(Number(at()[0])).toBeLessThan(61);
    key(document.activeElement!, "Home", { ctrlKey: true });
    key(document.activeElement!, "ArrowUp");
    expect(at()).toEqual(["1", "0"]);
    expect(element.querySelectorAll(".jt-table [tabindex='0']").length).toBe(1);
    for (const cell of element.querySelectorAll("button, input, select, [tabindex]"))
      expect(cell.getAttribute("data-lm-suppress-shortcuts")).toBe("true");
  });

  it("sorts by Enter on a heading, which keeps the focus", () => {
    const { draw, cells, find } = opened([rows(0, 6, 6)]);
    draw(0);
    find("[tabindex='0'][data-column]").focus();
    for (const name of ["ArrowUp", "ArrowRight", "Enter", "Enter"])
      key(document.activeElement!, name);
    expect(cells()[0]![0]).toBe("5");
    expect(document.activeElement!.getAttribute("aria-sort")).toBe("descending");
  });
});

describe("files that are not opened", () => {
  it("are facts, and the next step is a table again", () => {
    const { draw, element } = opened([
      payload<StepHead<"dataframe">>({
        facts: [
          ["stored as", "pickle", undefined],
          ["to load", "view.load('d')", "path"],
        ],
      }),
      rows(0, 3, 3),
    ]);
    draw(0);
    expect(element.querySelector("dl")!.textContent).toContain("pickle");
    draw(1);
    expect(element.querySelector("dl")).toBeNull();
    expect(element.querySelectorAll("tbody tr:not(.jt-space)").length).toBe(3);
  });
});
