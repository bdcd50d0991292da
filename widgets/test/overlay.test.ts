import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PartsHead, Stem } from "../src/model/payload-heads";
import { curve } from "../src/renderers/curve";
import { metric } from "../src/renderers/metric";
import { dashOf, parts } from "../src/renderers/overlay";
import type { Payload } from "../src/model/payload";
import type { PanelInfo } from "../src/model/model";
import type { Drawing, Host, RendererOf, Shown } from "../src/model/renderer";
import { payload } from "./made";

// There is no canvas here: what would be drawn is kept.
interface Drawn {
  label?: string;
  faint?: boolean;
  odd?: boolean;
  marks?: boolean;
  dots?: number[];
  dash?: number[];
  x: ArrayLike<number>;
}
const drawn = vi.hoisted(() => ({
  front: [] as Drawn[],
  back: [] as Drawn[],
  label: "",
  axes: {},
}));
vi.mock("../src/renderers/line-chart", async (original) => ({
  ...(await original<typeof import("../src/renderers/line-chart")>()),
  LineChart: class {
    readonly zoomedTo = null;
    setAxes(axes: object): void {
      drawn.axes = axes;
    }
    setBack(lines: Drawn[]): void {
      drawn.back = lines;
    }
    setFront(lines: Drawn[]): void {
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

/** A payload of several lines, as the kernel half packs it. */
function several(
  ...runs: [run: number, head: Record<string, unknown>, ...columns: [string, ArrayBufferView][]][]
): Payload<PartsHead<any>> {
  const buffers: ArrayBufferView[] = [];
  const told = runs.map(([run, head, ...columns]): PartsHead<any>["parts"][number] => {
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
  return payload({ parts: told } as PartsHead<any>, ...buffers);
}

function host<S extends Stem>(about: Partial<PanelInfo>, shared: Payload<PartsHead<any>>): Host<S> {
  const element = document.createElement("div");
  document.body.append(element);
  return {
    element,
    shared,
    live: false,
    payload: () => undefined,
    beside: () => undefined,
    need: () => undefined,
    redraw: () => undefined,
    ask: () => Promise.reject(new Error("no")),
    about: { kind: "curve", name: "gain", view: "curve", steps: [], times: [], ...about },
  } as unknown as Host<S>;
}

/** Draw a step, and draw it again whenever the drawing asks for that. */
function drawStep<S extends Stem>(make: RendererOf<S>, made: Host<S>, shown: Shown<S>): Drawing<S> {
  let panel: Drawing<S> | null = null;
  panel = make({ ...made, redraw: () => void panel?.draw(shown) });
  panel.draw(shown);
  return panel;
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

  it("are taken out of one payload by their place", () => {
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
    const made = host<"curve">({ members }, shared);
    const panel = curve(made);
    const shown = several(
      [
        0,
        { annotation: "AUC 0.75", step: 20, x: [0, 1], y: [0, 1] },
        ["x", points(0, 1)],
        ["y", points(0, 1)],
      ],
      [1, { annotation: null, step: 10 }, ["x", points(0, 1)], ["y", points(0, 1)]],
      [2, { error: "the asset is missing" }],
    );
    panel.draw({ at: 1, step: 20, payload: shown });
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
    const made = host<"metric">(
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
    const panel = metric(made);
    panel.draw({ at: 2, step: 20, payload: undefined });
    expect(keys(made.element)).toEqual(["a1", "b7 · from step 10"]);
    panel.draw({ at: 0, step: 0, payload: undefined });
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
    const made = host<"metric">(
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
    const panel = metric(made);
    panel.draw({ at: 1, step: 10, payload: undefined });
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
    const made = host<"curve">(
      {
        members: [
          { label: "a", uuid: "a" },
          { label: "b", uuid: "b" },
        ],
      },
      several(),
    );
    const one = (
      run: number,
    ): [number, Record<string, unknown>, ...[string, ArrayBufferView][]] => [
      run,
      { step: 1 },
      ["x", points(0, 1)],
      ["y", points(0, 1)],
    ];
    const shown = { at: 0, step: 1, payload: several(one(0), one(1)) };
    const panel = drawStep(curve, made, shown);
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

describe("a single line", () => {
  const members = [{ label: "gain", uuid: "a" }];
  const shared = () =>
    several([
      0,
      { curve: "roc", x: [0, 1], y: [0, 1] },
      ["x", points(0, 1, 0, 0.5, 1)],
      ["y", points(0, 1, 0, 0.9, 1)],
      ["ends", new Uint32Array([2, 5])],
    ]);
  const step = (more: Record<string, unknown> = {}) =>
    several([
      0,
      { annotation: "AUC 0.75", step: 20, points: 300, x: [0, 1], y: [0, 1], ...more },
      ["x", points(0, 1)],
      ["y", points(0, 1)],
    ]);

  it("of a curve stands before its other steps, with a caption and without a legend", () => {
    const made = host<"curve">({ members }, shared());
    const panel = curve(made);
    panel.draw({ at: 1, step: 20, payload: step({ gaps: 2 }) });
    expect(drawn.back.filter(({ faint }) => faint).map(({ x }) => [...Array.from(x)])).toEqual([
      [0, 1],
      [0, 0.5, 1],
    ]);
    expect(drawn.front.map(({ label }) => label)).toEqual(["gain"]);
    expect(made.element.querySelector(".jt-caption")!.textContent).toBe(
      "AUC 0.75 · 300 points · 2 not finite",
    );
    expect(made.element.querySelector(".jt-lines-runs")).toBeNull();
    expect(drawn.label).toBe(
      "ROC curve gain: AUC 0.75 · 300 points · 2 not finite; x is false positive rate, y is true positive rate",
    );
    panel.destroy?.();
  });

  it("of a curve has axes that a step beyond them widens, and logarithms unless they are of ROC", () => {
    const made = host<"curve">(
      { members },
      several([0, { curve: "custom", x: [0, 2], y: [0, 3] }, ["ends", new Uint32Array()]]),
    );
    const panel = curve(made);
    panel.draw({ at: 0, step: 20, payload: step({ annotation: null, x: [-1, 1], y: [0, 9] }) });
    expect(drawn.axes).toMatchObject({ x: [-1, 2], y: [0, 9], xLog: false });
    const labels = [...made.element.querySelectorAll("label")].map((label) => label.textContent);
    expect(labels).toEqual(["log x", "y axislinearlogsymlog"]);
    made.element.querySelector<HTMLElement>("input")!.click();
    expect(drawn.axes).toMatchObject({ xLog: true, yLog: false });
    panel.destroy?.();
  });

  it("that cannot be read is an error, not an empty chart", () => {
    const panel = curve(host<"curve">({ members }, shared()));
    expect(() =>
      panel.draw({ at: 0, step: 1, payload: several([0, { error: "the asset is missing" }]) }),
    ).toThrow("the asset is missing");
    expect(() => metric(host<"metric">({ members }, several([0, { error: "damaged" }])))).toThrow(
      "damaged",
    );
  });

  it("of a metric has its lowest and highest value in the caption, and marks the step", () => {
    const made = host<"metric">(
      {
        name: "loss",
        steps: [0, 10, 20],
        members: [{ label: "loss", uuid: "a", steps: [0, 10, 20], at: [0, 1, 2] }],
      },
      several([
        0,
        { points: 12_000 },
        ["step", new Float64Array([0, 10, 20])],
        ["time", new Float64Array([100, 101, 102])],
        ["value", new Float64Array([3, 1, 2])],
        ["at", new Uint32Array([0, 1, 2])],
      ]),
    );
    const panel = drawStep(metric, made, { at: 1, step: 10, payload: undefined });
    const caption = () => made.element.querySelector(".jt-caption")!.textContent;
    expect(caption()).toBe("1 · lowest 1 · highest 3 · 12,000 values");
    expect(drawn.label).toBe(`loss over step: ${caption()}`);
    expect(drawn.axes).toMatchObject({ xLabel: "step", yLabel: "loss" });
    const { dots, x } = drawn.front.find(({ dots }) => dots)!;
    expect(dots!.map((at) => x[at])).toEqual([10]);
    expect([...Array.from(drawn.front.find(({ dash }) => dash)!.x)]).toEqual([10, 10]);
    made.element.querySelector<HTMLElement>("input[type=checkbox]")!.click();
    expect(drawn.axes).toMatchObject({ xLabel: "time", xTime: true, x: [100, 102] });
    expect([...Array.from(drawn.front.find(({ dash }) => dash)!.x)]).toEqual([101, 101]);
    panel.destroy?.();
  });

  it("of values without steps is drawn in the order logged, beside those that have steps", () => {
    const made = (steps: number[], order: number[]) =>
      host<"metric">(
        { name: "loss", members: [{ label: "loss", uuid: "a", steps: [null], at: [0] }] },
        several([
          0,
          { points: 4 },
          ["step", new Float64Array(steps)],
          ["order", new Float64Array(order)],
          ["time", new Float64Array([100, 101, 102, 105])],
          ["value", new Float64Array([4, 3, 2, 1])],
          ["at", new Uint32Array([3])],
        ]),
      );
    const lines = () => drawn.back.map(({ x }) => Array.from(x));
    const without = drawStep(metric, made([NaN, NaN, NaN, NaN], [0, 1, 2, 3]), {
      at: 0,
      step: null,
      payload: undefined,
    });
    expect(drawn.axes).toMatchObject({ xLabel: "order logged", x: [0, 3] });
    expect(lines()).toContainEqual([0, 1, 2, 3]);
    expect(Array.from(drawn.front.find(({ dots }) => dots)!.x)).toEqual([3]);
    without.destroy?.();
    const some = drawStep(metric, made([7, NaN, 9, NaN], [NaN, 0, NaN, 1]), {
      at: 0,
      step: null,
      payload: undefined,
    });
    expect(drawn.axes).toMatchObject({ xLabel: "step", x: [0, 9] });
    expect(lines()).toEqual([
      [7, 9],
      [0, 1],
    ]);
    some.destroy?.();
  });
});

describe("a metric", () => {
  const series = (head: Record<string, unknown>, values: number[]) =>
    several([
      0,
      { points: values.length, ...head },
      ["step", new Float64Array(values.map((_, n) => n))],
      ["time", new Float64Array(values.map((_, n) => 1_767_225_600 + n))],
      ["value", new Float64Array(values)],
      ["at", new Uint32Array(values.map((_, n) => n))],
    ]);
  const about = (count: number) => ({
    kind: "system",
    name: "kernel_memory",
    steps: Array.from({ length: count }, (_, n) => n),
    members: [
      {
        label: "kernel_memory",
        uuid: "a",
        steps: Array.from({ length: count }, (_, n) => n),
        at: Array.from({ length: count }, (_, n) => n),
      },
    ],
  });
  const opened = (head: Record<string, unknown>, values: number[]) => {
    const made = host<"metric">(about(values.length), series(head, values));
    const panel = drawStep(metric, made, { at: 0, step: 0, payload: undefined });
    const choose = (word: string) => {
      const list = made.element.querySelector("select")!;
      list.value = word;
      list.dispatchEvent(new Event("change"));
    };
    return { panel, choose, caption: () => made.element.querySelector(".jt-caption")!.textContent };
  };

  it("of the machine is written with its unit, and its steps are whole", () => {
    const { panel, caption } = opened({ unit: "B" }, [5.6e8, 6e8]);
    expect(caption()).toBe("560 MB · lowest 560 MB · highest 600 MB · 2 values");
    expect(drawn.axes).toMatchObject({ yUnit: "B", xWhole: true });
    expect(drawn.label).toContain("560 MB");
    panel.destroy?.();
  });

  it("counts what is no finite number, and marks it", () => {
    const { panel, caption } = opened({ odd: [1_200, 1, 2] }, [1, NaN, Infinity]);
    expect(caption()).toBe("1 · lowest 1 · highest 1 · 3 values · 1,200 NaN · 1 ∞ · 2 −∞");
    expect(drawn.back.map(({ odd }) => odd)).toEqual([true]);
    panel.destroy?.();
  });

  it("without any says why its chart is empty", () => {
    const { panel } = opened({ odd: [2, 0, 0] }, [NaN, NaN]);
    expect(drawn.axes).toMatchObject({ empty: "no finite value to draw" });
    panel.destroy?.();
  });

  it("goes by powers of ten where that is chosen, and says what has no place there", () => {
    const { panel, choose, caption } = opened({}, [-5, 0, 4_000]);
    choose("log");
    expect(drawn.axes).toMatchObject({ yLog: true, y: [4_000, 4_000] });
    expect(caption()).toContain("2 not above zero, which a log axis cannot show");
    choose("symlog");
    expect(drawn.axes).toMatchObject({ yLog: 1, y: [-5, 4_000] });
    expect(caption()).not.toContain("log axis");
    panel.destroy?.();
  });

  it("has its few points marked, and its line behind when it is smoothed", () => {
    const { panel } = opened({}, [1, 2, 3]);
    expect(drawn.back.map(({ marks, faint }) => [marks, faint])).toEqual([[true, false]]);
    const smooth = document.querySelector<HTMLInputElement>("input[type=range]")!;
    smooth.value = "0.5";
    smooth.dispatchEvent(new Event("input"));
    expect(drawn.back.map(({ label, faint }) => [label, faint])).toEqual([
      ["kernel_memory", true],
      ["kernel_memory, smoothed", undefined],
    ]);
    panel.destroy?.();
  });
});
