import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stepper } from "../src/widgets/stepper";
import type { ViewInfo, Model, WidgetView } from "../src/model/model";

/** One of ipywidgets' models: what it holds, who listens, and what was sent to its kernel. */
class Fake implements Model {
  readonly sent: any[] = [];
  comm_live = true;
  broken = false;
  widget_manager?: {
    get_model(id: string): Promise<Model>;
    create_view(model: Model): Promise<WidgetView>;
  };
  private readonly heard = new Map<string, Set<(...args: any[]) => void>>();
  constructor(private readonly state: Record<string, any>) {}
  get(name: string): any {
    return this.state[name];
  }
  set(name: string, value: unknown): void {
    this.state[name] = value;
    this.tell(`change:${name}`);
  }
  saved = 0;
  save_changes(): void {
    this.saved += 1;
  }
  on(event: string, callback: (...args: any[]) => void): void {
    this.heard.set(event, (this.heard.get(event) ?? new Set()).add(callback));
  }
  off(event: string, callback?: (...args: any[]) => void): void {
    if (callback) this.heard.get(event)?.delete(callback);
    else this.heard.delete(event);
  }
  send(content: unknown): void {
    if (this.broken) throw new Error("Cannot send");
    this.sent.push(content);
  }
  tell(event: string, ...args: unknown[]): void {
    for (const callback of this.heard.get(event) ?? []) callback(...args);
  }
  get listeners(): number {
    return [...this.heard.values()].reduce((sum, set) => sum + set.size, 0);
  }
}

/** ipywidgets' model of a play button, which has the timer. */
class FakePlay extends Fake {
  readonly told: string[] = [];
  animate(): void {
    this.told.push("animate");
  }
  pause(): void {
    this.told.push("pause");
  }
}

/** ipywidgets' slider, as far as the bar cares. */
function drawnSlider() {
  const el = document.createElement("div");
  el.innerHTML = "<div class='noUi-handle' tabindex='0' role='slider'></div>";
  return { el, trigger: vi.fn(), remove: vi.fn(() => el.remove()) };
}

const STEPS = [0, 10, 20, 30];
const text = (words: string) => new DataView(new TextEncoder().encode(words).buffer);

/** A view of a text at four steps, of which the page has the last; and its slider. */
async function opened({ drawable = true, follow = false } = {}) {
  const slider = new Fake({ index: 3 });
  const play = new FakePlay({ value: 3, playing: false, interval: 150 });
  const drawn = drawnSlider();
  const about: ViewInfo = {
    run: { uuid: "u", name: "r" },
    steps: STEPS,
    panels: [
      { kind: "text", name: "notes", view: "text", steps: STEPS, times: STEPS.map(() => 1e6) },
    ],
  };
  const model = new Fake({
    about,
    budget: 1e6,
    key: "k",
    follow,
    slider: "IPY_MODEL_s",
    play: "IPY_MODEL_p",
    seed: [
      [0, -1, {}, []],
      [0, 3, {}, [text("at 30")]],
    ],
  });
  model.widget_manager = {
    get_model: async (id) => (id === "s" ? slider : play),
    create_view: async () => {
      if (!drawable) throw new Error("no such view");
      return drawn;
    },
  };
  const el = document.createElement("div");
  document.body.append(el);
  const close = await stepper(model, el);
  const section = el.querySelector<HTMLElement>("[data-jt-view]")!;
  const note = () => section.querySelector<HTMLElement>(".jt-note")!;
  const asks = () => model.sent.filter((content) => content.ask);
  const answer = (content: any) =>
    model.tell(
      "msg:custom",
      {
        id: content.id,
        payloads: content.ask.map(([panel, at]: [number, number]) => [panel, at, {}, 1]),
      },
      content.ask.map(([, at]: [number, number]) => text(`at ${STEPS[at]}`)),
    );
  await vi.advanceTimersByTimeAsync(0);
  return { slider, play, drawn, model, el, close, section, note, asks, answer };
}

beforeEach(() => {
  vi.useFakeTimers();
  document.body.replaceChildren();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a step that has not come", () => {
  it("dims the old picture at once; it is said to be on its way, then that nobody answers, and is drawn whenever it comes", async () => {
    const { slider, section, note, asks, answer } = await opened();
    slider.set("index", 1);
    expect(section.getAttribute("aria-busy")).toBe("true");
    expect(note().hidden).toBe(true);
    await vi.advanceTimersByTimeAsync(400);
    expect(note().hidden).toBe(false);
    expect(note().textContent).toBe("step 10 is being fetched…; below is still step 30");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(note().textContent).toBe(
      "step 10 has not come yet: the kernel does not answer, it may be busy; below is still step 30",
    );
    slider.set("index", 2);
    expect(note().textContent).toContain("step 20 has not come yet");
    expect(asks().length).toBe(2);
    answer(asks()[1]);
    expect(section.dataset["jtStep"]).toBe("20");
    expect(section.hasAttribute("aria-busy")).toBe(false);
    expect(note().hidden).toBe(true);
  });

  it("is not asked of a kernel that is gone: what was seen is shown, and of the rest it says why not", async () => {
    const { slider, model, section, note, asks } = await opened();
    slider.comm_live = false;
    slider.tell("comm_live_update");
    const before = asks().length;
    slider.set("index", 0);
    await vi.advanceTimersByTimeAsync(0);
    expect(note().textContent).toBe(
      "step 0 cannot be fetched: the kernel that made this view is gone; below is still step 30. Steps seen before can still be shown; run the cell again for all",
    );
    slider.set("index", 3);
    expect(section.dataset["jtStep"]).toBe("30");
    expect(section.hasAttribute("aria-busy")).toBe(false);
    expect(note().hidden).toBe(true);
    expect(asks().length).toBe(before);
    expect(model.sent.some((content) => content.query)).toBe(false);
  });

  it("is known to be out of reach when nothing can be sent", async () => {
    const { slider, model, note, asks, answer } = await opened();
    answer({ ...asks()[0], ask: [[0, 2]] });
    model.broken = true;
    slider.set("index", 0);
    await vi.advanceTimersByTimeAsync(20_400);
    slider.set("index", 1);
    await vi.advanceTimersByTimeAsync(0);
    expect(note().textContent).toContain(
      "step 10 cannot be fetched: the kernel that made this view is gone",
    );
  });
});

describe("the bar of a live view", () => {
  it("has ipywidgets' own slider in it, which says the step and not its place", async () => {
    const { slider, drawn, el } = await opened();
    const handle = el.querySelector(".jt-controls .noUi-handle")!;
    expect(drawn.trigger).toHaveBeenCalledWith("displayed");
    expect(el.querySelector(".jt-controls input[type=range]")).toBeNull();
    expect(handle.getAttribute("aria-label")).toBe("step");
    expect(handle.getAttribute("aria-valuetext")).toBe("step 30");
    slider.set("index", 1);
    expect(handle.getAttribute("aria-valuetext")).toBe("step 10");
  });

  it("has the page's own slider where ipywidgets' cannot be drawn, and it moves the same model", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { slider, el } = await opened({ drawable: false });
    const range = el.querySelector<HTMLInputElement>(".jt-controls input[type=range]")!;
    range.value = "0";
    range.dispatchEvent(new Event("input"));
    expect([slider.get("index"), slider.saved]).toEqual([0, 1]);
    expect(warned).toHaveBeenCalledOnce();
  });

  it("plays with ipywidgets' own player, at its speed, and shows what a program does with it", async () => {
    const { slider, play, el } = await opened();
    const button = el.querySelector<HTMLElement>(".jt-play")!;
    const speed = el.querySelector<HTMLSelectElement>("[aria-label=speed]")!;
    button.click();
    expect([play.get("playing"), play.told, button.title]).toEqual([
      true,
      ["animate"],
      "pause (P)",
    ]);
    play.set("value", 0);
    expect(slider.get("index")).toBe(0);
    speed.value = "10";
    speed.dispatchEvent(new Event("change"));
    expect(play.get("interval")).toBe(15);
    play.set("interval", 1000);
    expect(speed.selectedOptions[0]!.textContent).toBe("0.15×");
    play.set("playing", false);
    expect([play.told.at(-1), button.title]).toEqual(["pause", "play (P)"]);
  });

  it("follows from the beginning where the kernel says so, as for what is watched", async () => {
    const pressed = async (follow: boolean) =>
      (await opened({ follow })).el.querySelector(".jt-follow")!.getAttribute("aria-pressed");
    expect([await pressed(true), await pressed(false)]).toEqual(["true", "false"]);
  });

  it("tells its models once of each move", async () => {
    const { slider, play, el } = await opened();
    el.querySelector<HTMLElement>("[aria-label='first step']")!.click();
    expect([slider.get("index"), slider.saved]).toEqual([0, 1]);
    expect([play.get("value"), play.saved]).toEqual([0, 0]);
  });
});

describe("a view that is closed", () => {
  it("listens to nothing any more", async () => {
    const { slider, play, drawn, model, close, el } = await opened();
    expect(slider.listeners).toBeGreaterThan(0);
    close();
    expect(slider.listeners + play.listeners + model.listeners).toBe(0);
    expect(drawn.remove).toHaveBeenCalledOnce();
    expect(el.querySelector(".jt-stage")).toBeNull();
  });
});
