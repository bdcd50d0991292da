import { describe, expect, it, vi } from "vitest";
import { ArtifactList, type Listing } from "../src/widgets/artifact-list";

const listing = (names: [string, string][]): Listing => ({
  run: { uuid: "0123456789", name: "first", status: "running", facts: [["status", "running"]] },
  artifacts: names.map(([kind, name]) => ({ kind, name, steps: 2 })),
  files: [["outputs/a/b.txt", 5]],
  inputs: [],
  outputs: [],
  problems: [],
});
const rows = (c: ArtifactList) =>
  [...c.element.querySelectorAll<HTMLElement>("[data-jt-artifact]")].map(
    (e) => e.dataset["jtArtifact"],
  );

describe("the list of artifacts", () => {
  it("groups by kind, and a search leaves what has all of its words", () => {
    const list = new ArtifactList(
      listing([
        ["metric", "train/loss"],
        ["metric", "val/loss"],
        ["curve", "roc"],
      ]),
      { select: vi.fn() },
    );
    expect(rows(list)).toEqual(["metric/train/loss", "metric/val/loss", "curve/roc"]);
    const search = list.element.querySelector<HTMLInputElement>("input[type=search]")!;
    search.value = "loss val";
    search.dispatchEvent(new Event("input"));
    expect(rows(list)).toEqual(["metric/val/loss"]);
    search.value = "nothing";
    search.dispatchEvent(new Event("input"));
    expect(list.element.textContent).toContain("nothing has that in its name");
  });

  it("says rows where the steps were not counted", () => {
    const grown = { ...listing([]), artifacts: [{ kind: "metric", name: "a", rows: 1200 }] };
    const list = new ArtifactList(grown, { select: vi.fn() });
    expect(list.element.querySelector("[data-jt-artifact]")!.textContent).toContain("1,200 rows");
  });

  it("says that problems are looked for, and then those that there are, or none", () => {
    const list = new ArtifactList(
      { ...listing([]), unchecked: "checking <b>…" },
      { select: vi.fn() },
    );
    const tab = list.element.querySelectorAll<HTMLElement>("[role=tab]")[3]!;
    const panel = list.element.querySelectorAll<HTMLElement>("[role=tabpanel]")[3]!;
    expect([tab.hidden, tab.textContent]).toEqual([false, "Problems"]);
    expect(panel.textContent).toBe("checking <b>…");
    tab.click();
    list.update(listing([]));
    expect([tab.hidden, panel.textContent]).toEqual([false, "none found"]);
    list.update({ ...listing([]), problems: [["events/metric/a.plx", "3", "no row"]] });
    expect(tab.textContent).toBe("Problems1");
    expect(panel.querySelector("li")!.textContent).toBe("events/metric/a.plx:3 no row");
    expect(
      new ArtifactList(listing([]), { select: vi.fn() }).element.querySelectorAll<HTMLElement>(
        "[role=tab]",
      )[3]!.hidden,
    ).toBe(true);
  });

  it("says what a page lacks", () => {
    const list = new ArtifactList(
      { ...listing([]), note: "2 are only listed" },
      { select: vi.fn() },
    );
    expect(list.element.textContent).toContain("2 are only listed");
  });

  it("says why a run failed, as text", () => {
    const failed = listing([]);
    failed.run = { ...failed.run, status: "failed", why: "ValueError: <img src=x>" };
    const heading = new ArtifactList(failed, { select: vi.fn() }).element.querySelector(
      ".jt-heading",
    )!;
    expect(heading.querySelector(".jt-why")!.textContent).toBe("ValueError: <img src=x>");
    expect(heading.querySelector("img")).toBeNull();
    expect(
      new ArtifactList(listing([]), { select: vi.fn() }).element.querySelector(".jt-why"),
    ).toBeNull();
  });

  it("selects by click and by Enter, and walks by arrows", () => {
    const select = vi.fn();
    const list = new ArtifactList(
      listing([
        ["metric", "a"],
        ["metric", "b"],
      ]),
      { select },
    );
    document.body.append(list.element);
    const [a, b] = [...list.element.querySelectorAll<HTMLElement>("[data-jt-artifact]")] as [
      HTMLElement,
      HTMLElement,
    ];
    a.click();
    a.focus();
    a.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
    expect(document.activeElement).toBe(b);
    b.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    expect(select.mock.calls).toEqual([[[["metric", "a"]]], [[["metric", "b"]]]]);
    expect(b.getAttribute("aria-selected")).toBe("true");
  });

  it("has the overview first, and opens several with Ctrl where that is possible", () => {
    const select = vi.fn();
    const list = new ArtifactList(
      listing([
        ["metric", "a"],
        ["curve", "b"],
      ]),
      { select, several: true },
    );
    const options = () => [...list.element.querySelectorAll<HTMLElement>("[role=option]")];
    const chosen = () =>
      options()
        .filter((each) => each.getAttribute("aria-selected") === "true")
        .map((each) => each.querySelector(".jt-name")!.textContent);
    expect([options().length, chosen()]).toEqual([2, []]);
    list.offerOverview(true);
    expect([options().length, chosen()]).toEqual([3, ["Overview"]]);
    const [overview, a, b] = options() as [HTMLElement, HTMLElement, HTMLElement];
    a.click();
    expect(chosen()).toEqual(["a"]);
    b.dispatchEvent(new MouseEvent("click", { ctrlKey: true, bubbles: true }));
    expect(chosen()).toEqual(["a", "b"]);
    a.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }));
    expect(chosen()).toEqual(["b"]);
    overview.click();
    expect(chosen()).toEqual(["Overview"]);
    document.body.append(list.element);
    overview.focus();
    overview.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
    expect(document.activeElement).toBe(a);
    a.dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true }));
    expect(document.activeElement).toBe(overview);
    expect(select.mock.calls.map(([each]) => each)).toEqual([
      [["metric", "a"]],
      [
        ["metric", "a"],
        ["curve", "b"],
      ],
      [["curve", "b"]],
      [],
    ]);
    expect(options().map((each) => each.tabIndex)).toEqual([0, -1, -1]);
  });

  it("keeps the selection and the search when the run has grown", () => {
    const list = new ArtifactList(listing([["metric", "a"]]), { select: vi.fn() });
    list.mark([["metric", "a"]]);
    list.update(
      listing([
        ["metric", "a"],
        ["metric", "b"],
      ]),
    );
    expect(rows(list)).toEqual(["metric/a", "metric/b"]);
    expect(
      list.element
        .querySelector("[aria-selected=true][data-jt-artifact]")!
        .getAttribute("data-jt-artifact"),
    ).toBe("metric/a");
  });
});
