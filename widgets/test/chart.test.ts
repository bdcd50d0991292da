import { beforeEach, describe, expect, it, vi } from "vitest";
import { afterPaint } from "../src/dom/dom";
import type { Head } from "../src/model/payload-heads";
import type { Payload } from "../src/model/payload";
import { StepCache } from "../src/model/step-cache";
import { StepView } from "../src/widgets/step-view";
import { payload } from "./made";

/** A view of charts, a step for each library: with a kernel that has it, or saved. */
function opened(libraries: string[], live = true) {
  const payloads = new StepCache(1e9, () => undefined, afterPaint);
  const steps = libraries.map((_, n) => n);
  libraries.forEach((library, number) => {
    const figure = JSON.stringify({ data: [{ type: "surface" }], number });
    const head = { library, size: figure.length, json: 0, ...(live ? { renderer: true } : {}) };
    payloads.put({ panel: 0, number }, payload(head as Head, figure));
  });
  const panels = [
    { kind: "chart", name: "surface", view: "chart", steps, times: [], versions: {} },
  ];
  const about = { run: { uuid: "u", name: "r" }, steps, panels };
  const asked: unknown[] = [];
  const query = (_panel: number, _number: number, question: unknown): Promise<Payload> => {
    asked.push(question);
    return new Promise(() => undefined);
  };
  const host = document.createElement("div");
  document.body.append(host);
  const view = new StepView(
    { about, payloads, move: vi.fn(), ...(live ? { query: query as never } : {}) },
    host,
  );
  view.show(0);
  const press = () => host.querySelector<HTMLElement>(".jt-offer button")!.click();
  return { view, host, asked, press, frame: () => host.querySelector("iframe") };
}

beforeEach(() => document.body.replaceChildren());

describe("a chart that only its library draws", () => {
  it("is drawn when the reader says so, and asks for nothing before", () => {
    const { host, asked, press, frame } = opened(["plotly"]);
    expect(frame()).toBeNull();
    expect(asked).toEqual([]);
    expect(host.querySelector(".jt-offer button")!.textContent).toBe("draw with plotly");
    press();
    expect(frame()).not.toBeNull();
    expect(asked).toEqual([{ renderer: true }]);
  });

  it("stays drawn over the steps, and by no library that was not named", () => {
    const { view, host, press, frame } = opened(["plotly", "plotly", "bokeh"]);
    press();
    const first = frame();
    view.show(1);
    expect(frame()).toBe(first);
    view.show(2);
    expect(frame()).toBeNull();
    expect(host.querySelector(".jt-offer button")!.textContent).toBe("draw with bokeh");
  });

  it("has a frame without an origin, where only our scripts run and nothing is fetched", () => {
    for (const library of ["plotly", "bokeh", "vega"]) {
      const { press, frame } = opened([library]);
      press();
      const outer = frame()!;
      const made = new DOMParser().parseFromString(outer.getAttribute("srcdoc")!, "text/html");
      const inner = made.querySelector("iframe")!;
      for (const each of [outer, inner]) expect(each.getAttribute("sandbox")).toBe("allow-scripts");
      const policy = made.querySelector("meta[http-equiv]")!.getAttribute("content")!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy).not.toMatch(
        /unsafe-inline' *'unsafe-eval|connect-src|frame-src|worker-src|http/,
      );
      expect(/script-src [^;]*/.exec(policy)![0]).not.toContain("unsafe-inline");
      expect(policy.includes("unsafe-eval")).toBe(library === "plotly");
      document.body.replaceChildren();
    }
  });

  it("is its JSON in a saved page", () => {
    const { host, frame } = opened(["plotly"], false);
    expect(host.querySelector(".jt-offer")).toBeNull();
    expect(frame()).toBeNull();
    expect(host.querySelector(".jt-tree")!.textContent).toContain("data: [ 1 ]");
  });
});
