import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Step } from "../src/model/format";
import { KeptSteps } from "../src/model/kept-steps";
import type { PanelInfo, ViewInfo } from "../src/model/model";
import { StepView } from "../src/widgets/step-view";
import { payload } from "./made";

const panel = (name: string, steps: Step[], more: Partial<PanelInfo> = {}): PanelInfo => ({
  kind: "text",
  name,
  view: "text",
  steps,
  times: steps.map((_, n) => n * 1e6),
  ...more,
});

/** A view of panels as a saved page has it, at its last step. */
function opened(steps: Step[], panels = [panel("notes", steps)], more: Partial<ViewInfo> = {}) {
  const payloads = new KeptSteps();
  panels.forEach((each, n) =>
    each.steps.forEach((step, k) =>
      payloads.put({ panel: n, number: k }, payload({}, `${each.name} ${step}`)),
    ),
  );
  const host = document.createElement("div");
  document.body.append(host);
  const moves: number[] = [];
  const about: ViewInfo = { run: { uuid: "u", name: "r" }, steps, panels, ...more };
  const view: StepView = new StepView(
    {
      about,
      payloads,
      live: about.run.status !== undefined,
      move: (to) => {
        moves.push(to);
        view.show(to);
      },
    },
    host,
  );
  view.show(Math.max(0, steps.length - 1));
  const find = <E extends HTMLElement = HTMLElement>(selector: string) =>
    host.querySelector<E>(selector)!;
  const field = find<HTMLInputElement>(".jt-at");
  const type = (words: string): void => {
    field.focus();
    field.value = words;
    press("Enter", field);
  };
  const press = (key: string, on: Element = find("[data-jt-view]"), how: KeyboardEventInit = {}) =>
    on.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...how }),
    );
  const button = (label: string) => find(`[aria-label="${label}"]`);
  return { view, host, moves, find, field, type, press, button };
}

const many = Array.from({ length: 2000 }, (_, n) => n);

beforeEach(() => {
  vi.useFakeTimers();
  document.body.replaceChildren();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the step bar", () => {
  it("is one row: first, back, play, next, last, speed, slider, step, of how many, when", () => {
    const { host, find, field } = opened(many);
    const controls = [...host.querySelectorAll(".jt-controls :is(button, select, input)")];
    expect(controls.map((each) => each.getAttribute("aria-label") ?? each.textContent)).toEqual([
      ...["first step", "previous step", "play", "next step", "last step", "speed"],
      ...["step", "step", "follow"],
    ]);
    expect(host.querySelectorAll(".jt-controls").length).toBe(1);
    expect([field.value, find(".jt-place").textContent]).toEqual(["1999", "2,000 of 2,000"]);
    expect(find(".jt-time").textContent).toMatch(/^1970-01-01 \d\d:33:19$/);
  });

  it("names each button, and its key in the tooltip", () => {
    const { host } = opened(many);
    const titles = [...host.querySelectorAll<HTMLElement>(".jt-controls button")].map(
      (b) => b.title,
    );
    expect(titles).toEqual([
      "first step (Home)",
      "previous step (←)",
      "play (P)",
      "next step (→)",
      "last step (End)",
      "go to each new step as it is logged (F)",
    ]);
  });

  it("is not there for what has no steps, and comes with the first", () => {
    for (const steps of [[], [null]]) expect(opened(steps).find(".jt-bar-box").hidden).toBe(true);
    const { view, find } = opened([null]);
    const now = [null, 1];
    view.grow({ run: { uuid: "u", name: "r" }, steps: now, panels: [panel("notes", now)] }, []);
    expect(find(".jt-bar-box").hidden).toBe(false);
  });

  it("only says which step it is where there is one", () => {
    const { find, field } = opened([7]);
    expect([field.value, field.readOnly]).toEqual(["7", true]);
    expect(find(".jt-bar-box").classList.contains("jt-single")).toBe(true);
  });

  it("keeps the place of what is said of repeated steps", () => {
    const steps = [0, 1];
    const { find, button } = opened(steps, [panel("notes", steps, { versions: { "1": 3 } })]);
    const said = find(".jt-said");
    expect(said.textContent).toBe("logged 3 times, the latest is shown");
    button("first step").click();
    expect([said.textContent, said.hidden]).toEqual(["", false]);
  });

  it("says of how many steps these are, where not all are there", () => {
    const { host } = opened([0, 1], undefined, { total: 9000 });
    expect(host.textContent).toContain("2 of 9,000 steps are kept in this page");
  });
});

describe("a step that is typed", () => {
  it("is gone to; thousands may be parted", () => {
    const { type, field, find } = opened(many);
    type("37");
    expect([field.value, find("[data-jt-view]").dataset["jtStep"]]).toEqual(["37", "37"]);
    type(" 1,024 ");
    expect([field.value, find(".jt-said").hidden]).toEqual(["1024", true]);
  });

  it("goes to the nearest that was logged, and says so until the next move", () => {
    const { type, field, find, button } = opened([0, 10, 20]);
    type("16");
    expect(field.value).toBe("20");
    expect(find(".jt-said").textContent).toBe("step 16 was not logged: 20 is the nearest");
    type("15");
    expect(field.value).toBe("10");
    type("1e9");
    expect(find(".jt-said").textContent).toBe("step 1e9 was not logged: 20 is the nearest");
    button("previous step").click();
    expect(find(".jt-said").hidden).toBe(true);
  });

  it("is said to be off the slider where the slider has only some", () => {
    const { type, find } = opened([0, 10], undefined, { total: 9000 });
    type("3");
    expect(find(".jt-said").textContent).toBe("step 3 is not on the slider: 0 is the nearest");
  });

  it("may be below zero, beyond 2^53, or None", () => {
    const { type, field } = opened([null, -5, 3, "9007199254740993"]);
    type("-4");
    expect(field.value).toBe("-5");
    type("9007199254740993");
    expect(field.value).toBe("9007199254740993");
    type("none");
    expect(field.value).toBe("None");
  });

  it("stays where it is when it is none, in words; Escape takes back what was typed", () => {
    const { type, field, find, moves, press } = opened([0, 10]);
    type("abc");
    expect([field.value, moves]).toEqual(["10", []]);
    expect(find(".jt-said").textContent).toBe("“abc” is no step; steps are whole numbers");
    field.value = "12";
    press("Escape", field);
    expect(field.value).toBe("10");
  });

  it("is left alone while the steps move on", () => {
    const { view, field } = opened([0, 10, 20]);
    field.focus();
    field.value = "1";
    view.show(0);
    expect(field.value).toBe("1");
  });
});

describe("keys inside of a view", () => {
  it("move by a step, by five, and to the ends, wherever the focus is", () => {
    const { press, moves } = opened(many);
    for (const key of ["Home", "ArrowRight", "PageUp", "PageDown", "ArrowLeft", "End", "End"])
      press(key);
    expect(moves).toEqual([0, 1, 6, 1, 0, 1999]);
  });

  it("move the slider in the same way", () => {
    const { press, moves, find } = opened(many);
    const range = find("input[type=range]");
    for (const key of ["Home", "PageUp", "ArrowUp", "ArrowDown", "ArrowLeft"]) press(key, range);
    expect(moves).toEqual([0, 5, 6, 5, 4]);
  });

  it("go with brackets to the nearest step of the artifact in focus", () => {
    const rare = panel("rare", [1, 4], { at: [-1, 0, 0, 0, 1, 1] });
    const steps = [0, 1, 2, 3, 4, 5];
    const { press, moves, host, find } = opened(steps, [panel("often", steps), rare]);
    const [, second] = host.querySelectorAll<HTMLElement>("[data-jt-view]");
    second!.focus();
    press("[", second!);
    press("[", second!);
    press("[", second!);
    expect(moves).toEqual([4, 1]);
    expect(find(".jt-said").textContent).toBe("rare has no earlier step");
    press("]", second!, { altKey: true });
    press("[", find(".jt-play"), { ctrlKey: true, altKey: true });
    expect(moves).toEqual([4, 1, 4, 1]);
  });

  it("that are typed into a field stay the field's", () => {
    const { press, moves, field, find } = opened([0, 1, 2]);
    const area = document.createElement("textarea");
    find(".jt-body").append(area);
    for (const each of [field, area, find("select")])
      for (const key of ["ArrowLeft", "Home", "[", "p"]) expect(press(key, each)).toBe(true);
    expect(moves).toEqual([]);
  });

  it("with others held are not the view's", () => {
    const { press, moves } = opened([0, 1, 2]);
    for (const how of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { shiftKey: true }])
      press("ArrowLeft", undefined, how);
    expect(moves).toEqual([]);
  });

  it("that are the view's are kept from the notebook's shortcuts, and no others", () => {
    const { view, press, find } = opened([0, 1]);
    const held: boolean[] = [];
    const ask = (): unknown => held.push(view.element.hasAttribute("data-lm-suppress-shortcuts"));
    document.addEventListener("keydown", ask, true);
    find("[data-jt-view]").focus();
    for (const key of ["ArrowLeft", "s", "Home", "Enter"]) press(key);
    document.removeEventListener("keydown", ask, true);
    expect(held).toEqual([true, false, true, false]);
  });

  it("play, and follow while the run runs", () => {
    const run = { uuid: "u", name: "r", status: "running" };
    const { press, find, button } = opened([0, 1], undefined, { run });
    press("f");
    expect(find(".jt-follow").getAttribute("aria-pressed")).toBe("true");
    press("p");
    expect(button("pause").title).toBe("pause (P)");
  });
});

describe("playing", () => {
  it("goes on from the first at the end, at the speed that is chosen, until the last", async () => {
    const { moves, button, find } = opened([0, 1, 2]);
    const speed = find<HTMLSelectElement>("[aria-label=speed]");
    speed.value = "0.5";
    speed.dispatchEvent(new Event("change"));
    button("play").click();
    expect(moves).toEqual([0]);
    await vi.advanceTimersByTimeAsync(299);
    expect(moves).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(moves).toEqual([0, 1, 2]);
    expect(button("play")).not.toBeNull();
  });

  it("ends when someone moves, and when the view is gone", async () => {
    const { moves, button, host } = opened([0, 1, 2]);
    button("play").click();
    button("next step").click();
    expect(button("play")).not.toBeNull();
    button("play").click();
    host.remove();
    await vi.advanceTimersByTimeAsync(1000);
    expect(moves).toEqual([0, 1, 2]);
  });
});

describe("a screen reader", () => {
  it("is told the step once it has settled, not at each move", async () => {
    const { press, find } = opened(many);
    const spoken = find("[role=status]");
    press("Home");
    for (let n = 0; n < 20; n += 1) {
      press("ArrowRight");
      await vi.advanceTimersByTimeAsync(30);
      expect(spoken.textContent).toBe("");
    }
    await vi.advanceTimersByTimeAsync(500);
    expect(spoken.textContent).toMatch(/^step 20 · 21 of 2,000 · 1970-01-01 /);
  });

  it("hears a step from the slider itself while that has the focus", async () => {
    const { press, find } = opened(many);
    const range = find("input[type=range]");
    range.focus();
    press("Home", range);
    await vi.advanceTimersByTimeAsync(1000);
    expect(find("[role=status]").textContent).toBe("");
    expect(range.getAttribute("aria-valuetext")).toBe("step 0");
  });

  it("is told nothing while steps are played, and the last one when they end", async () => {
    const { button, find } = opened([0, 1, 2]);
    button("play").click();
    await vi.advanceTimersByTimeAsync(300);
    expect(find("[role=status]").textContent).toBe("");
    await vi.advanceTimersByTimeAsync(1000);
    expect(find("[role=status]").textContent).toMatch(/^step 2 · 3 of 3/);
  });

  it("is not told of what is logged meanwhile", async () => {
    const { view, find } = opened([0, 1]);
    const now = [0, 1, 2];
    view.grow({ run: { uuid: "u", name: "r" }, steps: now, panels: [panel("notes", now)] }, []);
    await vi.advanceTimersByTimeAsync(1000);
    expect(find("[role=status]").textContent).toBe("");
  });
});
