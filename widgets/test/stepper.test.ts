import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stepper } from "../src/widgets/stepper";
import type { ViewInfo, Model } from "../src/model/model";

/** One of ipywidgets' models: what it holds, who listens, and what was sent to its kernel. */
class Fake implements Model {
  readonly sent: any[] = [];
  comm_live = true;
  broken = false;
  widget_manager?: { get_model(id: string): Promise<Model> };
  private readonly heard = new Map<string, Set<(...args: any[]) => void>>();
  constructor(private readonly state: Record<string, any>) {}
  get(name: string): any {
    return this.state[name];
  }
  set(name: string, value: unknown): void {
    this.state[name] = value;
    this.tell(`change:${name}`);
  }
  save_changes(): void {
    /* nobody listens */
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

const STEPS = [0, 10, 20, 30];
const text = (words: string) => new DataView(new TextEncoder().encode(words).buffer);

/** A view of a text at four steps, of which the page has the last; and its slider. */
async function opened() {
  const slider = new Fake({ index: 3 });
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
    slider: "IPY_MODEL_s",
    seed: [
      [0, -1, {}, []],
      [0, 3, {}, [text("at 30")]],
    ],
  });
  model.widget_manager = {
    get_model: (id) => (id === "s" ? Promise.resolve(slider) : Promise.reject(new Error(id))),
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
  return { slider, model, el, close, section, note, asks, answer };
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

describe("a view that is closed", () => {
  it("listens to nothing any more", async () => {
    const { slider, model, close, el } = await opened();
    expect(slider.listeners).toBeGreaterThan(0);
    close();
    expect(slider.listeners + model.listeners).toBe(0);
    expect(el.querySelector(".jt-stage")).toBeNull();
  });
});
