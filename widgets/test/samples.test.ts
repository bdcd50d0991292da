// The wire: what the kernel half made of real values, which its own tests have written down, is what the page has types for.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { heads, isHead, type Head } from "../src/model/payload-heads";
import type { PanelInfo } from "../src/model/model";
import { Payload } from "../src/model/payload";
import { KeptSteps, SHARED } from "../src/model/kept-steps";
import { parts } from "../src/renderers/overlay";
import { StepView } from "../src/widgets/step-view";

interface Sample {
  stem: string;
  info: PanelInfo;
  shared: Head;
  payload: Head | null;
  buffers: { shared: string[]; payload: string[] };
  /** The numbers that are in the buffers, those that JSON has not as strings; of the lines of a chart, by "line/name". */
  columns: Record<"shared" | "payload", Record<string, (number | "nan" | "inf" | "-inf")[]>>;
}

const folder = join(import.meta.dirname, "samples");
const samples = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name): Sample => JSON.parse(readFileSync(join(folder, name), "utf8")));

function payloadOf(head: Head, buffers: string[]): Payload {
  const views = buffers.map((text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return new DataView(bytes.buffer);
  });
  return new Payload(head, views);
}

/** The numbers of a payload, written as they are in a sample. */
function numbersOf(head: Head, buffers: string[]): Record<string, unknown[]> {
  const payload = payloadOf(head, buffers);
  const own = Object.keys(head.columns ?? {}).map((name) => [name, payload.column(name)] as const);
  const lines =
    "parts" in head
      ? [...parts(payload as Parameters<typeof parts>[0])].flatMap(([line, part]) =>
          Object.keys((part.head as Head).columns ?? {}).map(
            (name) => [`${line}/${name}`, part.column(name)] as const,
          ),
        )
      : [];
  const written = (value: number) =>
    Number.isFinite(value) ? value : String(value).toLowerCase().replace("infinity", "inf");
  return Object.fromEntries(
    [...own, ...lines].map(([name, values]) => [name, Array.from(values as Float64Array, written)]),
  );
}

describe("the samples of the wire", () => {
  it("are of every renderer", () => {
    const stems = Object.keys(heads).filter((stem) => stem !== "runs");
    expect([...new Set(samples.map(({ stem }) => stem))].sort()).toEqual(stems.sort());
  });

  it.each(samples)("of $stem have heads that the page knows", ({ stem, info, shared, payload }) => {
    expect(info.view).toBe(stem);
    expect(isHead(stem, "shared", shared), JSON.stringify(shared)).toBe(true);
    if (payload) expect(isHead(stem, "step", payload), JSON.stringify(payload)).toBe(true);
    else expect(info.all_steps).toBe(true);
  });

  it.each(samples)("of $stem decode to the numbers that were encoded", (sample) => {
    expect(numbersOf(sample.shared, sample.buffers.shared)).toEqual(sample.columns.shared);
    if (sample.payload)
      expect(numbersOf(sample.payload, sample.buffers.payload)).toEqual(sample.columns.payload);
  });

  it.each(samples.filter(({ stem }) => stem === "metric" || stem === "curve"))(
    "of $stem have the line of a single artifact among its members",
    ({ info, shared }) => {
      expect(info.members?.length).toBeGreaterThan(0);
      expect("parts" in shared).toBe(true);
    },
  );

  // There is nothing here that decodes pictures or plays sounds.
  it.each(samples.filter(({ stem }) => !["audio", "image", "video"].includes(stem)))(
    "of $stem are drawn without an error",
    ({ info, shared, payload, buffers }) => {
      const payloads = new KeptSteps();
      const last = Math.max(0, info.steps.length - 1);
      payloads.put({ panel: 0, number: SHARED }, payloadOf(shared, buffers.shared));
      if (payload) payloads.put({ panel: 0, number: last }, payloadOf(payload, buffers.payload));
      const about = { run: { uuid: "u", name: "r" }, steps: info.steps, panels: [info] };
      const host = document.createElement("div");
      document.body.append(host);
      const view = new StepView({ about, payloads, move: () => undefined }, host);
      view.show(last);
      const section = host.querySelector<HTMLElement>("[data-jt-view]")!;
      expect(section.querySelector("[role=alert]")?.textContent).toBeUndefined();
      expect(section.dataset["jtStep"]).toBeDefined();
      expect(section.querySelector(".jt-body")!.childElementCount).toBeGreaterThan(0);
      view.destroy();
    },
  );

  it("are told apart from heads that are not of the wire", () => {
    expect(isHead("image", "step", { type: "image/png", size: 5 })).toBe(true);
    expect(isHead("image", "step", { error: "the asset is missing" })).toBe(true);
    expect(isHead("image", "step", { type: "image/png" })).toBe(false);
    expect(isHead("image", "step", { type: "image/png", size: 5, more: 1 })).toBe(false);
    expect(isHead("curve", "step", { parts: [[0, 0, 2, { error: "gone" }]] })).toBe(true);
    expect(isHead("nothing", "step", {})).toBe(false);
  });
});
