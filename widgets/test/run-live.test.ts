import { beforeEach, describe, expect, it, vi } from "vitest";
import { RunRows } from "../src/widgets/run-rows";
import { RunTable } from "../src/widgets/run-table";
import { runsPayload } from "./made";

const rows = (score: number, status = "running"): RunRows => {
  const made = runsPayload({
    id: ["a", "b"],
    name: ["going", "done"],
    status: [status, "succeeded"],
    "inputs.lr": [0.1, 0.2],
    "inputs.model": ["cnn", "mlp"],
    "outputs.acc max": [score, 0.5],
    "outputs.time": [1, 2],
  });
  made.head.spark = "acc";
  return new RunRows(made);
};

beforeEach(() => {
  document.body.replaceChildren();
  vi.useFakeTimers();
});

describe("the courses of runs in sight", () => {
  it("are asked for once, together, and again of a run that has gone on, while the earlier one stays", () => {
    const askSparks = vi.fn();
    const runs = new RunTable(rows(0.1), { open: vi.fn(), askSparks });
    document.body.append(runs.element);
    vi.runAllTimers();
    expect(askSparks.mock.calls).toEqual([[["a", "b"]]]);
    runs.takeSparks(["a", "b"], [Uint8Array.of(0, 254), new Uint8Array()]);
    const drawn = () => runs.element.querySelectorAll("[data-jt-run=a] .jt-spark").length;
    expect([drawn(), runs.element.querySelectorAll(".jt-spark").length]).toEqual([1, 1]);
    runs.update(rows(0.1));
    vi.runAllTimers();
    expect(askSparks).toHaveBeenCalledOnce();
    runs.update(rows(0.2));
    expect(drawn()).toBe(1);
    vi.runAllTimers();
    expect(askSparks.mock.lastCall).toEqual([["a"]]);
    expect(askSparks).toHaveBeenCalledTimes(2);
  });

  it("that came along with the page are drawn, and nobody is asked", () => {
    const runs = new RunTable(rows(0.1), { open: vi.fn() });
    expect(runs.element.querySelectorAll(".jt-spark").length).toBe(0);
    const bytes = new Uint8Array(48).fill(255);
    bytes.set([0, 100, 254]);
    const made = runsPayload({ id: ["a", "b"], name: ["x", "y"], "outputs.acc max": [1, 2] });
    made.head.spark = "acc";
    made.head.columns!["spark"] = [made.buffers.length, "u1"];
    made.buffers.push(new DataView(bytes.buffer));
    const saved = new RunTable(new RunRows(made), { open: vi.fn() });
    const paths = [...saved.element.querySelectorAll(".jt-spark path")];
    expect(paths.map((p) => p.getAttribute("d"))).toEqual(["M1.0 14.0L26.0 9.3L51.0 2.0"]);
  });
});

describe("the best of each result", () => {
  it("is marked among the runs that are found, and moves as runs go on", () => {
    const runs = new RunTable(rows(0.1), { open: vi.fn() });
    document.body.append(runs.element);
    const best = () =>
      [...runs.element.querySelectorAll<HTMLElement>("[data-jt-run]")]
        .filter((row) => row.querySelector(".jt-best"))
        .map((row) => row.dataset["jtRun"]);
    expect(best()).toEqual(["b"]);
    runs.update(rows(0.9));
    expect(best()).toEqual(["a"]);
    expect(runs.element.querySelector("[data-jt-run=a] .jt-unseen")!.textContent).toBe("best: ");
  });
});

describe("the columns", () => {
  const open = () => {
    const arranged = vi.fn();
    const runs = new RunTable(rows(0.1), { open: vi.fn(), arranged });
    document.body.append(runs.element);
    const names = () =>
      [...runs.element.querySelectorAll(".jt-sort .jt-field")].map((e) => e.textContent);
    const button = [...runs.element.querySelectorAll<HTMLElement>("button")].find(
      (b) => b.textContent === "columns",
    )!;
    button.click();
    const item = (name: string) =>
      [...runs.element.querySelectorAll<HTMLElement>(".jt-columns li")].find(
        (li) => li.querySelector(".jt-name")!.textContent === name,
      )!;
    return { runs, arranged, names, button, item };
  };

  it("are hidden, shown at the end, moved by keys and buttons, and as at first again", () => {
    const { runs, arranged, names, button, item } = open();
    const first = names();
    expect(button.getAttribute("aria-expanded")).toBe("true");
    item("lr").querySelector("input")!.click();
    expect(names()).toEqual(first.filter((name) => name !== "lr"));
    item("lr").querySelector("input")!.click();
    expect(names().at(-1)).toBe("lr");
    const up = item("lr").querySelector<HTMLElement>("[data-jt-does=up]")!;
    up.focus();
    const key = { key: "ArrowUp", altKey: true, bubbles: true, cancelable: true };
    up.dispatchEvent(new KeyboardEvent("keydown", key));
    expect(names().at(-2)).toBe("lr");
    expect(document.activeElement).toBe(item("lr").querySelector("[data-jt-does=up]"));
    expect(arranged.mock.lastCall![0].columns.at(-2)).toBe("inputs.lr");
    [...runs.element.querySelectorAll<HTMLElement>("button")]
      .find((b) => b.textContent === "as at first")!
      .click();
    expect(names()).toEqual(first);
    expect(arranged.mock.lastCall![0]).toEqual({});
  });

  it("are dragged by their headings and in the list, and the name stays first", () => {
    const { names, item, runs } = open();
    const drag = (from: Element, to: Element): void => {
      from.dispatchEvent(new Event("dragstart", { bubbles: true }));
      to.dispatchEvent(new Event("drop", { bubbles: true, cancelable: true }));
    };
    drag(item("model"), item("status"));
    expect(names()[1]).toBe("model");
    const heading = (n: number) => runs.element.querySelectorAll("thead th[data-column]")[n]!;
    drag(heading(1), heading(3));
    expect(names()[3]).toBe("model");
    expect((heading(0) as HTMLElement).draggable).toBeFalsy();
  });
});
