import { beforeEach, describe, expect, it, vi } from "vitest";
import { KeptSteps } from "../src/model/kept-steps";
import { StepView } from "../src/widgets/step-view";
import { payload } from "./made";

const COUNT = 9;
const loads: (() => void)[] = [];

// jsdom does not navigate. Real frames are looked at in a browser, by tests/lab/test_html_frames.py.
vi.mock("../src/dom/sandbox", () => ({
  measureHeight: () => () => undefined,
  PageFrame: class {
    element = document.createElement("iframe");
    loading = false;
    constructor(private readonly loaded: () => void) {}
    show(markup: string, label: string) {
      this.loading = true;
      this.element.title = label;
      this.element.dataset.page = markup;
      loads.push(() => {
        this.loading = false;
        this.loaded();
      });
    }
    remove() {
      this.element.remove();
    }
  },
}));

/** Let the pages that are loading be loaded. */
const load = (): void => loads.splice(0).forEach((each) => each());
/** Let those be loaded that follow them, too. */
const loadAll = (): void => {
  while (loads.length > 0) load();
};

/** A view of pages of HTML, one for each step. */
function opened(markup = (n: number): string => `<p>step ${n}</p>`) {
  const payloads = new KeptSteps();
  const steps = Array.from({ length: COUNT }, (_, n) => n);
  for (const number of steps) payloads.put({ panel: 0, number }, payload({}, markup(number)));
  const panels = [{ kind: "html", name: "page", view: "html", steps, times: [], versions: {} }];
  const about = { run: { uuid: "u", name: "r" }, steps, panels };
  const host = document.createElement("div");
  document.body.append(host);
  const view = new StepView({ about, payloads, move: vi.fn() } as never, host);
  const frames = (name: string) => [...host.querySelectorAll<HTMLIFrameElement>(`iframe.${name}`)];
  return {
    /** Go to steps, slowly enough for each to be loaded. */
    go(...to: number[]) {
      for (const at of to) {
        vi.advanceTimersByTime(70);
        view.show(at);
        vi.advanceTimersByTime(30);
      }
    },
    passed: () => host.querySelector(".jt-passed")!.textContent,
    view,
    host,
    frames,
    shown: () => frames("jt-enclosed"),
    ahead: () => frames("jt-ahead"),
    busy: () => host.querySelector(".jt-frames")!.getAttribute("aria-busy"),
  };
}

const says = (frame: HTMLIFrameElement | undefined): string =>
  /step \d+/.exec(frame?.dataset.page ?? "")?.[0] ?? "";

beforeEach(() => {
  loads.length = 0;
  document.body.replaceChildren();
  vi.useFakeTimers({
    toFake: [
      "setTimeout",
      "clearTimeout",
      "requestAnimationFrame",
      "cancelAnimationFrame",
      "performance",
    ],
  });
});

describe("pages of HTML", () => {
  it("frames no page but the one that is shown, until someone goes through the steps", () => {
    const { go, shown, ahead } = opened();
    go(4);
    vi.advanceTimersByTime(50);
    expect(shown().map(says)).toEqual(["step 4"]);
    expect(ahead()).toEqual([]);
  });

  it("loads the next page in the direction of a move, and keeps the one before", () => {
    const { go, shown, ahead } = opened();
    go(4);
    load();
    go(3);
    expect(shown().map(says)).toEqual(["step 3"]);
    vi.advanceTimersByTime(50);
    loadAll();
    expect(ahead().map(says).sort()).toEqual(["step 2", "step 4"]);
    const next = ahead().find((frame) => says(frame) === "step 2");
    go(2);
    expect(shown()).toEqual([next]);
    vi.advanceTimersByTime(50);
    expect(ahead().map(says).sort()).toEqual(["step 1", "step 3"]);
  });

  it("makes no more frames however far someone goes, and shows the last step in the end", () => {
    const { go, frames, shown, busy } = opened();
    for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3]) {
      go(at);
      vi.advanceTimersByTime(50);
      if (at % 3 === 0) load();
    }
    loadAll();
    expect(shown().map(says)).toEqual(["step 3"]);
    expect(shown()[0]!.title).toBe("page, step 3");
    expect(busy()).toBe("false");
    expect(frames("jt-ahead").length).toBeLessThanOrEqual(3);
  });

  it("leaves a frame alone until it has loaded, and says that it is busy where none is free", () => {
    const { go, frames, shown, busy } = opened();
    const loading = () => [...frames("jt-enclosed"), ...frames("jt-ahead")].map(says).sort();
    go(0, 8, 1, 7);
    const four = loading();
    expect(four).toHaveLength(4);
    go(4);
    expect(loading()).toEqual(four);
    expect(busy()).toBe("true");
    for (const frame of frames("jt-enclosed")) expect(frame.hasAttribute("inert")).toBe(true);
    load();
    expect(shown().map(says)).toEqual(["step 4"]);
    expect(busy()).toBe("true");
    load();
    expect(busy()).toBe("false");
  });

  it("loads no page that is passed at once, and shows its words", () => {
    const { view, go, frames, shown, busy, passed } = opened(
      (n) => `<h1>step ${n}</h1><p>words</p>`,
    );
    go(0);
    load();
    for (const at of [1, 2, 3, 4, 5, 6]) view.show(at);
    expect(passed()).toBe("step 6\nwords");
    expect(busy()).toBe("true");
    expect([...frames("jt-enclosed"), ...frames("jt-ahead")].map(says)).not.toContain("step 6");
    vi.advanceTimersByTime(100);
    load();
    expect(shown().map(says)).toEqual(["step 6"]);
    expect(busy()).toBe("false");
    const made = [...frames("jt-enclosed"), ...frames("jt-ahead")].map(says);
    for (const each of ["step 3", "step 4"]) expect(made).not.toContain(each);
  });

  it("takes a frame that is not shown out of reach of keys and readers", () => {
    const { go, shown, ahead } = opened();
    go(4, 5);
    vi.advanceTimersByTime(50);
    loadAll();
    expect(ahead()).toHaveLength(2);
    for (const frame of ahead()) expect(frame.hasAttribute("inert")).toBe(true);
    for (const frame of shown()) expect(frame.hasAttribute("inert")).toBe(false);
  });

  it("frames nothing ahead of a large page, nor of the last step", () => {
    const large = opened((n) => `<p>step ${n}</p>${"x".repeat(200_000)}`);
    large.go(4, 5);
    vi.advanceTimersByTime(50);
    expect(large.ahead().map(says)).toEqual(["step 4"]);
    const { go, ahead } = opened();
    go(COUNT - 2, COUNT - 1);
    vi.advanceTimersByTime(50);
    expect(ahead().map(says)).toEqual([`step ${COUNT - 2}`]);
  });
});
