import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RangeQuery } from "../src/model/messages";
import type { PanelInfo } from "../src/model/model";
import type { Payload } from "../src/model/payload";
import type { Host } from "../src/model/renderer";
import { curve } from "../src/renderers/curve";
import { metric } from "../src/renderers/metric";
import { payload } from "./made";

// There is no canvas here: what would be drawn is kept, and what is zoomed to is set.
interface Drawn {
  x: ArrayLike<number>;
  label?: string;
  dots?: number[];
}
const chart = vi.hoisted(() => ({
  back: [] as Drawn[],
  front: [] as Drawn[],
  zoomedTo: null as { x: [number, number]; pixels: number } | null,
  zoomed: () => undefined as void,
}));
vi.mock("../src/renderers/line-chart", async (original) => ({
  ...(await original<typeof import("../src/renderers/line-chart")>()),
  LineChart: class {
    constructor(
      _element: Element,
      _axes: object,
      _title: () => string,
      { zoomed }: { zoomed: () => void },
    ) {
      chart.zoomed = zoomed;
    }
    get zoomedTo() {
      return chart.zoomedTo;
    }
    setAxes(_axes: object, keepZoom = false): void {
      if (!keepZoom) chart.zoomedTo = null;
    }
    setBack(lines: Drawn[]): void {
      chart.back = lines;
    }
    setFront(lines: Drawn[]): void {
      chart.front = lines;
    }
    describe(): void {
      /* not here */
    }
    restyle(): void {
      /* as it is */
    }
    destroy(): void {
      /* as it is */
    }
  },
}));

const ALL = 1000;
/** Every hundredth of a thousand points came at first. */
const coarse = Float64Array.from({ length: 10 }, (_, n) => n * 100);

function zoomTo(low: number, high: number): void {
  chart.zoomedTo = { x: [low, high], pixels: 500 };
  chart.zoomed();
}

function reset(): void {
  chart.zoomedTo = null;
  chart.zoomed();
}

/** The answer of the kernel: all points of the range, or as many as are said. */
function answerTo({ x: [low, high] }: RangeQuery, most = Infinity): Payload<any> {
  const all = Array.from({ length: ALL }, (_, n) => n).filter((n) => n >= low && n <= high);
  const x = Float64Array.from(all.slice(0, most));
  const columns = {
    step: [0, "f8"],
    time: [0, "f8"],
    value: [0, "f8"],
    x: [0, "f8"],
    y: [0, "f8"],
  };
  const head = { points: all.length, all: x.length === all.length, columns };
  return payload({ parts: [[0, 0, 1, head]] } as any, x);
}

type Ask = (question: RangeQuery, at: number) => Promise<Payload<any>>;
const asked: RangeQuery[] = [];

/** A chart of a metric, or of a curve at one of its steps. */
function opened(
  kind: "metric" | "curve",
  {
    live = true,
    points = ALL,
    answer = (q) => Promise.resolve(answerTo(q)),
  }: {
    live?: boolean;
    points?: number;
    answer?: Ask;
  } = {},
) {
  const element = document.createElement("div");
  document.body.append(element);
  const head = { points, annotation: null, step: 0, columns: { x: [0, "f8"], y: [0, "f8"] } };
  const whole = {
    points,
    columns: { step: [0, "f8"], time: [0, "f8"], value: [0, "f8"], at: [1, "u4"] },
  };
  const at = new Uint32Array([9]);
  const shared =
    kind === "metric"
      ? payload({ parts: [[0, 0, 2, whole]] } as any, coarse, at)
      : payload({ parts: [] } as any);
  const shown = { at: 0, step: 0, payload: payload({ parts: [[0, 0, 1, head]] } as any, coarse) };
  const ask = (question: RangeQuery, number: number) => {
    asked.push(question);
    return answer(question, number);
  };
  const members = [{ label: "loss", uuid: "u", steps: [0], at: [0] }];
  const about: PanelInfo = { kind, name: "loss", view: kind, steps: [0], times: [0], members };
  const redraw = () => void drawing?.draw(shown as any);
  const host = { element, shared, live, about, ask, redraw, beside: () => undefined };
  let drawing: ReturnType<typeof metric> | null = null;
  const make = { metric, curve }[kind] as (host: unknown) => ReturnType<typeof metric>;
  drawing = make(host as unknown as Host<"metric">);
  drawing.draw(shown as any);
  const line = () =>
    kind === "metric" ? chart.back[0]! : chart.front.find(({ label }) => label === "loss")!;
  const note = () =>
    [...element.querySelectorAll<HTMLElement>("p[role=status]")]
      .filter((p) => !p.hidden)
      .map((p) => p.textContent)
      .join();
  const settle = () => vi.advanceTimersByTimeAsync(100);
  return { drawing, line, note, settle, shared };
}

beforeEach(() => {
  vi.useFakeTimers();
  document.body.replaceChildren();
  asked.length = 0;
  chart.zoomedTo = null;
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each(["metric", "curve"] as const)("a long %s", (kind) => {
  it("is asked for the points of what is zoomed to, and drawn with all that it has", async () => {
    const { line, settle, note } = opened(kind);
    expect(line().x.length).toBe(10);
    zoomTo(200, 300);
    expect(line().x.length).toBe(10);
    await settle();
    expect(asked).toEqual([
      { x: [200, 300], points: 500, ...(kind === "metric" ? { over: "step" } : {}) },
    ]);
    expect(Array.from(line().x)).toEqual(Array.from({ length: 101 }, (_, n) => 200 + n));
    expect(note()).toBe("");
  });

  it("says that finer points are on their way when they take long", async () => {
    let come = (): void => undefined;
    const { settle, note } = opened(kind, {
      answer: (q) => new Promise((done) => (come = () => done(answerTo(q)))),
    });
    zoomTo(200, 300);
    await settle();
    expect(note()).toBe("");
    await vi.advanceTimersByTimeAsync(300);
    expect(note()).toBe("finer points are being fetched…");
    come();
    await settle();
    expect(note()).toBe("");
  });

  it("goes back to all without a question, and to the same range without another", async () => {
    const { line, settle } = opened(kind);
    zoomTo(200, 300);
    await settle();
    reset();
    await settle();
    expect(line().x.length).toBe(10);
    zoomTo(200, 300);
    await settle();
    expect(line().x.length).toBe(101);
    expect(asked.length).toBe(1);
  });

  it("asks once for what is zoomed to last, and takes no answer to what was zoomed to before", async () => {
    const waiting: (() => void)[] = [];
    const { line, settle } = opened(kind, {
      answer: (question) =>
        new Promise((resolve) => waiting.push(() => resolve(answerTo(question)))),
    });
    zoomTo(0, 500);
    zoomTo(0, 400);
    zoomTo(0, 300);
    await settle();
    expect(asked.map(({ x }) => x)).toEqual([[0, 300]]);
    zoomTo(700, 720);
    await settle();
    expect(asked.map(({ x }) => x)).toEqual([
      [0, 300],
      [700, 720],
    ]);
    waiting[0]!();
    await settle();
    expect(line().x.length).toBe(10);
    waiting[1]!();
    await settle();
    expect(line().x[0]).toBe(700);
  });

  it("is not asked again within a range of which all points are here, but within one of which some are", async () => {
    const { settle, line } = opened(kind, {
      answer: (question) => Promise.resolve(answerTo(question, 200)),
    });
    zoomTo(100, 600);
    await settle();
    expect(line().x.length).toBe(200);
    zoomTo(100, 250);
    expect(line().x.length).toBe(200);
    await settle();
    expect(line().x.length).toBe(151);
    zoomTo(110, 120);
    await settle();
    expect(asked.length).toBe(2);
  });

  it("stays as it is when the question fails, and says why and of how many points it is", async () => {
    const { line, settle, note } = opened(kind, {
      answer: () => Promise.reject(new Error("the kernel that made this view is gone")),
    });
    expect(note()).toBe("");
    zoomTo(200, 300);
    await settle();
    expect(line().x.length).toBe(10);
    expect(note()).toBe("thinned to 10 of 1,000 points: the kernel that made this view is gone");
    reset();
    expect(note()).toBe("");
  });

  it("tells what a line's own answer says of it", async () => {
    const answer = payload({ parts: [[0, 0, 0, { error: "the file was deleted" }]] } as any);
    const { settle, note } = opened(kind, { answer: () => Promise.resolve(answer) });
    zoomTo(200, 300);
    await settle();
    expect(note()).toBe("thinned to 10 of 1,000 points: the file was deleted");
  });

  it("is not asked in a saved page, which says of how many points it has how many", async () => {
    const { settle, note } = opened(kind, { live: false });
    expect(note()).toBe("thinned to 10 of 1,000 points");
    zoomTo(200, 300);
    await settle();
    expect(asked).toEqual([]);
    expect(note()).toBe("thinned to 10 of 1,000 points");
  });

  it("is not asked where all points are here", async () => {
    const { settle, note } = opened(kind, { points: 10 });
    zoomTo(200, 300);
    await settle();
    expect(asked).toEqual([]);
    expect(note()).toBe("");
  });

  it("keeps what it has of the range while it grows, and asks anew", async () => {
    const { drawing, settle, line, shared } = opened(kind);
    zoomTo(200, 300);
    await settle();
    drawing.replaceShared!(shared as any);
    expect(line().x.length).toBe(101);
    zoomTo(200, 300);
    await settle();
    expect(asked.length).toBe(2);
    expect(line().x.length).toBe(101);
  });

  it("asks nothing any more when it is closed", async () => {
    const { drawing, settle } = opened(kind);
    zoomTo(200, 300);
    drawing.destroy!();
    await settle();
    expect(asked).toEqual([]);
  });
});
