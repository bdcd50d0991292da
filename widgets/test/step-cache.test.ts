import { describe, expect, it } from "vitest";
import { afterPaint } from "../src/dom/dom";
import type { SentPayload } from "../src/model/messages";
import { StepCache } from "../src/model/step-cache";
import { payload } from "./made";

/** A kernel that answers when told to. */
function kernel(budget = 1e9) {
  const asked: [number, number][][] = [];
  const cache = new StepCache(budget, (wanted) => asked.push(wanted), afterPaint);
  const answer = (size = 100) => {
    const wanted = asked.at(-1)!;
    const told: SentPayload[] = wanted.map(([panel, at]) => [panel, at, {}, 1]);
    cache.receive(
      told,
      wanted.map(() => new DataView(new ArrayBuffer(size))),
    );
  };
  return { cache, asked, answer };
}

describe("asking for cache", () => {
  it("asks for what is on screen alone, and for its neighbours only afterwards", () => {
    const { cache, asked, answer } = kernel();
    cache.request([{ panel: 0, number: 10 }], [50]);
    expect(asked).toEqual([[[0, 10]]]);
    answer();
    expect(asked[1]!.slice(0, 4)).toEqual([
      [0, 11],
      [0, 9],
      [0, 12],
      [0, 8],
    ]);
  });

  it("looks for neighbours of what it has after that has been painted, once for many moves, and not after it is closed", async () => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 1)));
    const { cache, asked } = kernel();
    for (let at = 10; at < 20; at += 1) cache.put({ panel: 0, number: at }, payload({}));
    for (let at = 10; at < 20; at += 1) cache.request([{ panel: 0, number: at }], [50]);
    expect(asked).toEqual([]);
    await painted();
    expect(asked.length).toBe(1);
    expect(asked[0]!.slice(0, 3)).toEqual([
      [0, 20],
      [0, 21],
      [0, 22],
    ]);
    cache.cancelRequest();
    cache.request([{ panel: 0, number: 15 }], [50]);
    cache.close();
    await painted();
    expect(asked.length).toBe(1);
  });

  it("has at most one request under way, and the newest request wins", () => {
    const { cache, asked, answer } = kernel();
    for (let at = 0; at < 200; at += 1) cache.request([{ panel: 0, number: at }], [200]);
    expect(asked.length).toBe(1);
    answer();
    expect(asked.length).toBe(2);
    expect(asked[1]).toEqual([[0, 199]]);
  });

  it("asks for what an answer left out again", () => {
    const { cache, asked } = kernel();
    cache.request(
      [
        { panel: 0, number: 3 },
        { panel: 1, number: 3 },
      ],
      [4, 4],
    );
    cache.receive([[0, 3, {}, 0]], []);
    expect(asked[1]).toEqual([[1, 3]]);
  });

  it("asks for nothing that it has", () => {
    const { cache, asked } = kernel();
    for (let at = 0; at < 5; at += 1) cache.put({ panel: 0, number: at }, payload({}));
    cache.request([{ panel: 0, number: 2 }], [5]);
    expect(asked).toEqual([]);
  });

  it("asks again after a request was given up", () => {
    const { cache, asked } = kernel();
    cache.request([{ panel: 0, number: 1 }], [3]);
    cache.cancelRequest();
    cache.request([{ panel: 0, number: 2 }], [3]);
    expect(asked).toEqual([[[0, 1]], [[0, 2]]]);
  });
});

describe("the budget", () => {
  it("keeps what is near, never more than the budget, and always the shared", () => {
    const cache = new StepCache(10_000, () => undefined, afterPaint);
    cache.put({ panel: 0, number: -1 }, payload({}, new Uint8Array(1000)));
    cache.request([{ panel: 0, number: 50 }], [100]);
    for (let at = 0; at < 100; at += 1)
      cache.put({ panel: 0, number: at }, payload({}, new Uint8Array(1000)));
    expect(cache.bytes).toBeLessThanOrEqual(10_000);
    expect(cache.has({ panel: 0, number: -1 })).toBe(true);
    expect(cache.has({ panel: 0, number: 50 })).toBe(true);
    expect(cache.has({ panel: 0, number: 0 })).toBe(false);
  });

  it("stops fetching ahead when it is full of nearer cache", () => {
    const { cache, asked, answer } = kernel(5_000);
    cache.request([{ panel: 0, number: 500 }], [1000]);
    for (let turn = 0; turn < 50 && asked.length > turn; turn += 1) answer(1000);
    expect(asked.length).toBeLessThan(50);
    expect(cache.has({ panel: 0, number: 500 })).toBe(true);
    expect(cache.bytes).toBeLessThanOrEqual(5_000);
  });
});

describe("queries", () => {
  it("go after what is on screen and before what is fetched ahead, one at a time", () => {
    const { cache, asked, answer } = kernel();
    const done: string[] = [];
    cache.request([{ panel: 0, number: 10 }], [50]);
    cache.enqueueQuery(() => {
      done.push("a");
      return true;
    });
    cache.enqueueQuery(() => {
      done.push("b");
      return true;
    });
    expect(done).toEqual([]);
    answer();
    expect(done).toEqual(["a"]);
    cache.queryEnded();
    expect(done).toEqual(["a", "b"]);
    expect(asked.length).toBe(1);
    cache.queryEnded();
    expect(asked.length).toBe(2);
  });

  it("make room for the next when they are called off", () => {
    const { cache } = kernel();
    const done: string[] = [];
    cache.request([{ panel: 0, number: 0 }], [1]);
    cache.enqueueQuery(() => false);
    cache.enqueueQuery(() => {
      done.push("b");
      return true;
    });
    cache.receive([[0, 0, {}, 0]], []);
    expect(done).toEqual(["b"]);
  });
});
