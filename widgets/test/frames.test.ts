import { describe, expect, it } from "vitest";
import { StepCache, type Answer } from "../src/model/step-cache";
import { frame } from "./made";

/** A kernel that answers when told to. */
function kernel(budget = 1e9) {
  const asked: [number, number][][] = [];
  const frames = new StepCache(budget, (wanted) => asked.push(wanted));
  const answer = (size = 100) => {
    const wanted = asked.at(-1)!;
    const told: Answer[] = wanted.map(([panel, at]) => [panel, at, {}, 1]);
    frames.take(
      told,
      wanted.map(() => new DataView(new ArrayBuffer(size))),
    );
  };
  return { frames, asked, answer };
}

describe("asking for frames", () => {
  it("asks for what is on screen alone, and for its neighbours only afterwards", () => {
    const { frames, asked, answer } = kernel();
    frames.want([{ panel: 0, frame: 10 }], [50]);
    expect(asked).toEqual([[[0, 10]]]);
    answer();
    expect(asked[1]!.slice(0, 4)).toEqual([
      [0, 11],
      [0, 9],
      [0, 12],
      [0, 8],
    ]);
  });

  it("has at most one request under way, and the newest wish wins", () => {
    const { frames, asked, answer } = kernel();
    for (let at = 0; at < 200; at += 1) frames.want([{ panel: 0, frame: at }], [200]);
    expect(asked.length).toBe(1);
    answer();
    expect(asked.length).toBe(2);
    expect(asked[1]).toEqual([[0, 199]]);
  });

  it("asks for what an answer left out again", () => {
    const { frames, asked } = kernel();
    frames.want(
      [
        { panel: 0, frame: 3 },
        { panel: 1, frame: 3 },
      ],
      [4, 4],
    );
    frames.take([[0, 3, {}, 0]], []);
    expect(asked[1]).toEqual([[1, 3]]);
  });

  it("asks for nothing that it has", () => {
    const { frames, asked } = kernel();
    for (let at = 0; at < 5; at += 1) frames.put({ panel: 0, frame: at }, frame({}));
    frames.want([{ panel: 0, frame: 2 }], [5]);
    expect(asked).toEqual([]);
  });

  it("asks again after a request was given up", () => {
    const { frames, asked } = kernel();
    frames.want([{ panel: 0, frame: 1 }], [3]);
    frames.giveUp();
    frames.want([{ panel: 0, frame: 2 }], [3]);
    expect(asked).toEqual([[[0, 1]], [[0, 2]]]);
  });
});

describe("the budget", () => {
  it("keeps what is near, never more than the budget, and always the shared", () => {
    const frames = new StepCache(10_000, null);
    frames.put({ panel: 0, frame: -1 }, frame({}, new Uint8Array(1000)));
    frames.want([{ panel: 0, frame: 50 }], [100]);
    for (let at = 0; at < 100; at += 1)
      frames.put({ panel: 0, frame: at }, frame({}, new Uint8Array(1000)));
    expect(frames.bytes).toBeLessThanOrEqual(10_000);
    expect(frames.has({ panel: 0, frame: -1 })).toBe(true);
    expect(frames.has({ panel: 0, frame: 50 })).toBe(true);
    expect(frames.has({ panel: 0, frame: 0 })).toBe(false);
  });

  it("stops fetching ahead when it is full of nearer frames", () => {
    const { frames, asked, answer } = kernel(5_000);
    frames.want([{ panel: 0, frame: 500 }], [1000]);
    for (let turn = 0; turn < 50 && asked.length > turn; turn += 1) answer(1000);
    expect(asked.length).toBeLessThan(50);
    expect(frames.has({ panel: 0, frame: 500 })).toBe(true);
    expect(frames.bytes).toBeLessThanOrEqual(5_000);
  });
});

describe("errands", () => {
  it("go after what is on screen and before what is fetched ahead, one at a time", () => {
    const { frames, asked, answer } = kernel();
    const done: string[] = [];
    frames.want([{ panel: 0, frame: 10 }], [50]);
    frames.errand(() => {
      done.push("a");
      return true;
    });
    frames.errand(() => {
      done.push("b");
      return true;
    });
    expect(done).toEqual([]);
    answer();
    expect(done).toEqual(["a"]);
    frames.settle();
    expect(done).toEqual(["a", "b"]);
    expect(asked.length).toBe(1);
    frames.settle();
    expect(asked.length).toBe(2);
  });

  it("make room for the next when they are called off", () => {
    const { frames } = kernel();
    const done: string[] = [];
    frames.want([{ panel: 0, frame: 0 }], [1]);
    frames.errand(() => false);
    frames.errand(() => {
      done.push("b");
      return true;
    });
    frames.take([[0, 0, {}, 0]], []);
    expect(done).toEqual(["b"]);
  });
});
