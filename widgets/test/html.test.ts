import { beforeEach, describe, expect, it, vi } from "vitest";
import { KeptSteps } from "../src/model/kept-steps";
import { StepView } from "../src/widgets/step-view";
import { payload } from "./made";

const COUNT = 9;

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
    view,
    host,
    frames,
    shown: () => frames("jt-enclosed"),
    ahead: () => frames("jt-ahead"),
  };
}

const says = (frame: HTMLIFrameElement | undefined): string =>
  /step \d+/.exec(frame?.getAttribute("srcdoc") ?? "")?.[0] ?? "";

beforeEach(() => {
  document.body.replaceChildren();
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "requestAnimationFrame", "cancelAnimationFrame"],
  });
});

describe("pages of HTML", () => {
  it("frames no page but the one that is shown, until someone goes through the steps", () => {
    const { view, shown, ahead } = opened();
    view.show(4);
    vi.advanceTimersByTime(50);
    expect(shown().map(says)).toEqual(["step 4"]);
    expect(ahead()).toEqual([]);
  });

  it("frames the next page in the direction of a move, and keeps the one before", () => {
    const { view, shown, ahead } = opened();
    view.show(4);
    view.show(3);
    expect(shown().map(says)).toEqual(["step 3"]);
    vi.advanceTimersByTime(50);
    expect(ahead().map(says).sort()).toEqual(["step 2", "step 4"]);
    const next = ahead().find((frame) => says(frame) === "step 2");
    view.show(2);
    expect(shown()).toEqual([next]);
    vi.advanceTimersByTime(50);
    expect(ahead().map(says).sort()).toEqual(["step 1", "step 3"]);
  });

  it("takes a frame that is not shown out of reach of keys and readers, and gives each the same walls", () => {
    const { view, shown, ahead } = opened();
    view.show(4);
    view.show(5);
    vi.advanceTimersByTime(50);
    expect(ahead()).toHaveLength(2);
    for (const frame of ahead()) expect(frame.hasAttribute("inert")).toBe(true);
    for (const frame of shown()) expect(frame.hasAttribute("inert")).toBe(false);
    for (const frame of [...shown(), ...ahead()]) {
      expect(frame.getAttribute("sandbox")).toBe("");
      expect(frame.getAttribute("srcdoc")).toContain("default-src 'none'");
    }
  });

  it("frames nothing ahead of a large page, nor of the last step", () => {
    const large = opened((n) => `<p>step ${n}</p>${"x".repeat(200_000)}`);
    large.view.show(4);
    large.view.show(5);
    vi.advanceTimersByTime(50);
    expect(large.ahead().map(says)).toEqual(["step 4"]);
    const { view, ahead } = opened();
    view.show(COUNT - 2);
    view.show(COUNT - 1);
    vi.advanceTimersByTime(50);
    expect(ahead().map(says)).toEqual([`step ${COUNT - 2}`]);
  });
});
