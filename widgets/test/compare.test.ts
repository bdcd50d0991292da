import { beforeEach, describe, expect, it, vi } from "vitest";
import { curves, dashOf, metrics, parts } from "../src/renderers/overlay";
import { Payload } from "../src/model/payload";
import type { PanelInfo } from "../src/model/model";
import type { Host } from "../src/model/renderer";
import { frame } from "./made";

// There is no canvas here: what would be drawn is kept.
const drawn = vi.hoisted(() => ({ front: [] as { label?: string }[], label: "", axes: {} }));
vi.mock("../src/renderers/line-chart", async (original) => ({
  ...(await original<typeof import("../src/renderers/line-chart")>()),
  Lines: class {
    setAxes(axes: object): void {
      drawn.axes = axes;
    }
    setBack(): void {
      /* as it is */
    }
    setFront(lines: { label?: string }[]): void {
      drawn.front = lines;
    }
    describe(words: string): void {
      drawn.label = words;
    }
    restyle(): void {
      /* as it is */
    }
    destroy(): void {
      /* as it is */
    }
  },
}));

/** A frame of several runs, as the kernel half packs it. */
function several(
  ...runs: [run: number, head: Record<string, unknown>, ...columns: [string, ArrayBufferView][]][]
): Payload {
  const buffers: ArrayBufferView[] = [];
  const told = runs.map(([run, head, ...columns]) => {
    const from = buffers.length;
    buffers.push(...columns.map(([, values]) => values));
    return [
      run,
      from,
      columns.length,
      {
        ...head,
        columns: Object.fromEntries(
          columns.map(([name, values], n) => [
            name,
            [
              n,
              values instanceof Float64Array ? "f8" : values instanceof Uint32Array ? "u4" : "f4",
            ],
          ]),
        ),
      },
    ];
  });
  return frame({ parts: told }, ...buffers);
}

function host(about: Partial<PanelInfo>, shared: Payload): Host {
  const element = document.createElement("div");
  document.body.append(element);
  return {
    element,
    shared,
    live: false,
    frame: () => undefined,
    beside: () => undefined,
    need: () => undefined,
    ask: () => Promise.reject(new Error("no")),
    about: { kind: "curve", name: "gain", view: "curve", steps: [], times: [], ...about },
  } as Host;
}

const keys = (element: HTMLElement) =>
  [...element.querySelectorAll(".jt-line-run")].map((e) => e.textContent);
const points = (...values: number[]) => new Float32Array(values);

beforeEach(() => {
  document.body.replaceChildren();
});

describe("several runs", () => {
  it("are told apart by colour and dash until there are 32", () => {
    const looks = Array.from({ length: 32 }, (_, n) => `${n % 8} ${dashOf(n).join()}`);
    expect(new Set(looks).size).toBe(32);
    expect(dashOf(0)).toEqual([]);
  });

  it("are taken out of one frame by their place", () => {
    const found = parts(
      several(
        [0, { a: 1 }, ["x", points(1, 2)]],
        [2, { a: 3 }, ["x", points(3)], ["y", points(4)]],
      ),
    );
    expect([...found.keys()]).toEqual([0, 2]);
    expect([...found.get(2)!.column("y")]).toEqual([4]);
  });

  it("have a legend that says what each has at the step: its note, an earlier step, an error, nothing yet", () => {
    const members = ["a", "b", "c", "d"].map((run) => ({ label: run, uuid: run }));
    const shared = several([0, { curve: "roc", x: [0, 1], y: [0, 1] }]);
    const made = host({ members }, shared);
    const panel = curves(made);
    const shown = several(
      [
        0,
        { annotation: "0.75", step: 20, x: [0, 1], y: [0, 1] },
        ["x", points(0, 1)],
        ["y", points(0, 1)],
      ],
      [1, { annotation: null, step: 10 }, ["x", points(0, 1)], ["y", points(0, 1)]],
      [2, { error: "the asset is missing" }],
    );
    panel.draw({ at: 1, step: 20, frame: shown });
    expect(keys(made.element)).toEqual([
      "aAUC 0.75",
      "bfrom step 10",
      "cthe asset is missing",
      "dno step yet",
    ]);
    expect(drawn.label).toBe("ROC curves gain: a · AUC 0.75; b · from step 10");
    panel.destroy?.();
  });

  it("show each metric's value at the step from the shared alone", () => {
    const series = (
      run: number,
      values: number[],
    ): [number, Record<string, unknown>, ...[string, ArrayBufferView][]] => [
      run,
      {},
      ["step", new Float64Array(values.map((_, n) => n * 10))],
      ["time", new Float64Array(values.map((_, n) => 100 + n))],
      ["value", new Float64Array(values)],
      ["at", new Uint32Array(values.map((_, n) => n))],
    ];
    const made = host(
      {
        name: "loss",
        view: "metric",
        kind: "metric",
        all_steps: true,
        steps: [0, 10, 20],
        members: [
          { label: "a", uuid: "a", steps: [0, 10, 20], at: [0, 1, 2] },
          { label: "b", uuid: "b", steps: [10], at: [-1, 0, 0] },
        ],
      },
      several(series(0, [3, 2, 1]), series(1, [7])),
    );
    const panel = metrics(made);
    panel.draw({ at: 2, step: 20, frame: undefined });
    expect(keys(made.element)).toEqual(["a1", "b7 · from step 10"]);
    panel.draw({ at: 0, step: 0, frame: undefined });
    expect(keys(made.element)).toEqual(["a3", "bno step yet"]);
    panel.destroy?.();
  });

  it("of one run are metrics with their own names over one clock", () => {
    const series = (
      line: number,
      start: number,
    ): [number, Record<string, unknown>, ...[string, ArrayBufferView][]] => [
      line,
      {},
      ["step", new Float64Array([0, 10])],
      ["time", new Float64Array([start, start + 5])],
      ["value", new Float64Array([1, 2])],
      ["at", new Uint32Array([0, 1])],
    ];
    const members = ["loss", "val_loss"].map((label) => ({
      label,
      uuid: "u",
      steps: [0, 10],
      at: [0, 1],
    }));
    const made = host(
      {
        name: "loss, val_loss",
        view: "metric",
        kind: "metric",
        all_steps: true,
        steps: [0, 10],
        members,
      },
      several(series(0, 100), series(1, 103)),
    );
    const panel = metrics(made);
    panel.draw({ at: 1, step: 10, frame: undefined });
    expect(keys(made.element)).toEqual(["loss2", "val_loss2"]);
    expect(made.element.querySelector(".jt-lines-runs")!.getAttribute("aria-label")).toBe(
      "metrics",
    );
    made.element.querySelector<HTMLElement>("input[type=checkbox]")!.click();
    expect(drawn.axes).toMatchObject({
      xLabel: "time",
      xTime: true,
      yLabel: "value",
      x: [100, 108],
    });
    panel.destroy?.();
  });

  it("hide and show by their keys", () => {
    const made = host(
      {
        members: [
          { label: "a", uuid: "a" },
          { label: "b", uuid: "b" },
        ],
      },
      several(),
    );
    const panel = curves(made);
    const one = (
      run: number,
    ): [number, Record<string, unknown>, ...[string, ArrayBufferView][]] => [
      run,
      { step: 1 },
      ["x", points(0, 1)],
      ["y", points(0, 1)],
    ];
    panel.draw({ at: 0, step: 1, frame: several(one(0), one(1)) });
    const labels = () => drawn.front.map((line) => line.label);
    expect(labels()).toEqual(["a", "b"]);
    const key = made.element.querySelector<HTMLElement>(".jt-line-run")!;
    key.click();
    expect(key.getAttribute("aria-pressed")).toBe("false");
    expect(labels()).toEqual(["b"]);
    key.click();
    expect(key.getAttribute("aria-pressed")).toBe("true");
    panel.destroy?.();
  });
});
