import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { afterPaint } from "../src/dom/dom";
import type { SentPayload } from "../src/model/messages";
import { StepCache } from "../src/model/step-cache";
import type { ViewInfo } from "../src/model/model";
import { StepView } from "../src/widgets/step-view";
import { payload } from "./made";

beforeEach(() => {
  vi.useFakeTimers();
  document.body.replaceChildren();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("dragging with a slow kernel", () => {
  it("has at most one request under way over 200 unfetched steps, and ends at the slider's", async () => {
    const steps = Array.from({ length: 200 }, (_, n) => n);
    let flying = 0;
    let most = 0;
    let asked = 0;
    const answer = (wanted: [number, number][]) => {
      asked += 1;
      flying += 1;
      most = Math.max(most, flying);
      setTimeout(() => {
        flying -= 1;
        const told: SentPayload[] = wanted.map(([panel, at]) => [panel, at, {}, 1]);
        payloads.receive(
          told,
          wanted.map(([, at]) => new DataView(new TextEncoder().encode(`step ${at}`).buffer)),
        );
      }, 50);
    };
    const payloads = new StepCache(1e9, answer, afterPaint);
    payloads.put({ panel: 0, number: 0 }, payload({}, "step 0"));
    const about: ViewInfo = {
      run: { uuid: "u", name: "r" },
      steps,
      panels: [{ kind: "text", name: "a", view: "text", steps, times: steps, versions: {} }],
    };
    const host = document.createElement("div");
    document.body.append(host);
    const view = new StepView({ about, payloads, move: () => undefined }, host);
    const section = host.querySelector<HTMLElement>("[data-jt-view]")!;
    view.show(0);
    for (const at of steps.slice(1)) {
      view.show(at);
      await vi.advanceTimersByTimeAsync(5);
    }
    await vi.advanceTimersByTimeAsync(200);
    expect(most).toBe(1);
    expect(asked).toBeLessThan(40);
    expect(section.dataset["jtStep"]).toBe("199");
    expect(section.querySelector("pre")!.textContent).toBe("step 199");
  });
});
