import { beforeEach, describe, expect, it, vi } from "vitest";
import { afterPaint } from "../src/dom/dom";
import { StepCache } from "../src/model/step-cache";
import type { ViewInfo, PanelInfo } from "../src/model/model";
import { StepView } from "../src/widgets/step-view";
import { payload } from "./made";

const panel = (
  name: string,
  steps: (number | null)[],
  more: Partial<PanelInfo> = {},
): PanelInfo => ({
  kind: "text",
  name,
  view: "text",
  steps,
  times: steps.map((_, n) => n * 1e6),
  versions: {},
  ...more,
});

function opened(
  panels: PanelInfo[],
  steps: (number | null)[],
  missing: [number, number][] = [],
  live = false,
) {
  const payloads = new StepCache(1e9, () => undefined, afterPaint);
  panels.forEach((p, n) =>
    p.steps.forEach((step, k) => {
      if (!missing.some(([a, b]) => a === n && b === k))
        payloads.put({ panel: n, number: k }, payload({}, `${p.name} ${step}`));
    }),
  );
  const move = vi.fn();
  const host = document.createElement("div");
  document.body.append(host);
  const about: ViewInfo = { run: { uuid: "u", name: "r" }, steps, panels };
  const followed = vi.fn();
  const made = new StepView({ about, payloads, move, followed, live }, host);
  const sections = () => [...host.querySelectorAll<HTMLElement>("[data-jt-view]")];
  return { made, host, payloads, move, followed, sections };
}

beforeEach(() => {
  document.body.replaceChildren();
});

describe("the step view", () => {
  it("draws the step and says which it is, of how many, and when", () => {
    const { made, host, sections } = opened([panel("notes", [0, 10, 20])], [0, 10, 20]);
    made.show(1);
    expect(sections()[0]!.dataset["jtStep"]).toBe("10");
    expect(sections()[0]!.querySelector("pre")!.textContent).toBe("notes 10");
    expect(host.querySelector<HTMLInputElement>(".jt-at")!.value).toBe("10");
    expect(host.querySelector(".jt-where")!.textContent).toBe("step2 of 3");
    expect(host.querySelector(".jt-time")!.textContent).toMatch(/^1970-01-01 /);
  });

  it("marks the steps of the artifact in focus where the slider has others too", () => {
    const steps = [0, 1, 2, 3, 4, 5];
    const { host, sections } = opened(
      [panel("all", steps), panel("some", [0, 2, 3, 4], { at: [0, 0, 1, 2, 3, 3] })],
      steps,
    );
    const marks = (): string | null => host.querySelector(".jt-logged path")!.getAttribute("d");
    const pane = (n: number): void =>
      void sections()[n]!.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
    expect(marks()).toBe("");
    pane(1);
    expect(marks()).toBe("M0 0V2M2 1H4");
    expect(host.querySelector(".jt-logged")!.getAttribute("viewBox")).toBe("0 0 5 2");
    pane(0);
    expect(marks()).toBe("");
  });

  it("shows an artifact without the step at its latest earlier one, and says so", () => {
    const { made, sections } = opened(
      [panel("a", [0, 1, 2]), panel("b", [1], { at: [-1, 0, 0] })],
      [0, 1, 2],
    );
    made.show(2);
    expect(sections().map((s) => s.dataset["jtStep"])).toEqual(["2", "1"]);
    expect(sections()[1]!.textContent).toContain("from step 1, its latest before 2");
    made.show(0);
    expect(sections()[1]!.dataset["jtStep"]).toBeUndefined();
    expect(sections()[1]!.textContent).toContain("no step of b yet at step 0");
  });

  it("keeps the old picture until the new payload has come", () => {
    const { made, payloads, sections } = opened([panel("a", [0, 1])], [0, 1], [[0, 1]]);
    made.show(0);
    made.show(1);
    expect(sections()[0]!.dataset["jtStep"]).toBe("0");
    expect(sections()[0]!.getAttribute("aria-busy")).toBe("true");
    payloads.receive([[0, 1, {}, 1]], [new DataView(new TextEncoder().encode("new").buffer)]);
    expect(sections()[0]!.dataset["jtStep"]).toBe("1");
    expect(sections()[0]!.hasAttribute("aria-busy")).toBe(false);
  });

  it("says an error in words with name and step, and goes on with the rest and with the next step", () => {
    const { made, payloads, sections } = opened([panel("a", [0, 1]), panel("b", [0, 1])], [0, 1]);
    payloads.put({ panel: 0, number: 0 }, payload({ error: "the asset is missing" }));
    made.show(0);
    expect(sections()[0]!.querySelector("[role=alert]")!.textContent).toBe(
      "text a, step 0: the asset is missing",
    );
    expect(sections()[1]!.dataset["jtStep"]).toBe("0");
    made.show(1);
    expect(sections()[0]!.querySelector("[role=alert]")).toBeNull();
    expect(sections()[0]!.querySelector("pre")!.textContent).toBe("a 1");
  });

  it("says when a step was logged several times", () => {
    const { made, host } = opened([panel("a", [0, 1], { versions: { "1": 3 } })], [0, 1]);
    made.show(1);
    expect(host.textContent).toContain("logged 3 times, the latest is shown");
  });

  it("moves by its buttons and not beyond the ends", () => {
    const { made, host, move } = opened([panel("a", [0, 1, 2])], [0, 1, 2]);
    made.show(2);
    const press = (label: string) =>
      host.querySelector<HTMLElement>(`[aria-label="${label}"]`)!.click();
    press("next step");
    press("previous step");
    press("first step");
    expect(move.mock.calls).toEqual([[1], [0]]);
  });

  it("stays at its step when the run goes on, and shows a step that was logged again", () => {
    const { made, host, payloads, sections } = opened([panel("a", [0, 10])], [0, 10]);
    made.show(1);
    const now = (steps: number[], times: number[]): ViewInfo => ({
      run: { uuid: "u", name: "r", status: "running" },
      steps,
      panels: [panel("a", steps, { times })],
    });
    made.grow(now([0, 10, 20], [0, 1e6, 2e6]), [[{ panel: 0, number: 2 }, payload({}, "a 20")]]);
    expect(sections()[0]!.dataset["jtStep"]).toBe("10");
    expect(host.querySelector<HTMLInputElement>(".jt-at")!.value).toBe("10");
    expect(host.querySelector(".jt-place")!.textContent).toBe("2 of 3");
    made.grow(now([0, 10, 20], [0, 5e6, 2e6]), [[{ panel: 0, number: 1 }, payload({}, "again")]]);
    expect(sections()[0]!.querySelector("pre")!.textContent).toBe("again");
    expect(payloads.has({ panel: 0, number: 2 })).toBe(false);
  });

  it("moves along when a step was logged before it, and to the end when it follows", () => {
    const { made, host, move, followed } = opened([panel("a", [0, 10])], [0, 10], [], true);
    made.show(1);
    const now = (steps: number[]): ViewInfo => ({
      run: { uuid: "u", name: "r", status: "running" },
      steps,
      panels: [panel("a", steps)],
    });
    made.grow(now([0, 5, 10]), []);
    expect(move.mock.calls).toEqual([[2]]);
    made.show(2);
    host.querySelector<HTMLElement>(".jt-follow")!.click();
    made.grow(now([0, 5, 10, 15]), []);
    expect(move.mock.calls).toEqual([[2], [3]]);
    expect(followed.mock.calls).toEqual([[true]]);
    made.show(0);
    expect(host.querySelector(".jt-follow")!.getAttribute("aria-pressed")).toBe("false");
    expect(followed.mock.calls).toEqual([[true], [false]]);
    made.grow(
      { ...now([0, 5, 10, 15, 20]), run: { uuid: "u", name: "r", status: "succeeded" } },
      [],
    );
    expect(move.mock.calls.length).toBe(2);
    expect(host.querySelector<HTMLElement>(".jt-follow")!.hidden).toBe(true);
  });

  it("keeps navigation keys from the notebook, and lets others pass", () => {
    const { made, host } = opened([panel("a", [0, 1])], [0, 1]);
    made.show(0);
    const seen: string[] = [];
    document.body.addEventListener("keydown", (e) => seen.push(e.key));
    for (const key of ["ArrowLeft", "Home", "PageUp", "d", "Escape"])
      host
        .querySelector("button")!
        .dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    expect(seen).toEqual(["d", "Escape"]);
    for (const element of host.querySelectorAll("button, input, [tabindex='0']"))
      expect(element.getAttribute("data-lm-suppress-shortcuts")).toBe("true");
  });
});
