import { describe, expect, it } from "vitest";
import { Log } from "../src/widgets/log";
import type { PanelInfo } from "../src/model/model";
import { SourceCell } from "../src/widgets/source-cell";

const about = (cells: PanelInfo["cells"], from: number[]): PanelInfo => ({
  kind: "text",
  name: "a",
  view: "text",
  steps: [0, 1, 2],
  times: [0, 1, 2],
  cells,
  from,
});

describe("from which cell a step came", () => {
  const make = () => {
    const above = document.createElement("p");
    const section = document.createElement("section");
    const sourceCell = new SourceCell(above);
    section.append(sourceCell.element, above);
    document.body.append(section);
    const button = () => section.querySelector("button");
    return { sourceCell, section, button };
  };

  it("opens the source of the cell, which follows the step while it is open", () => {
    const { sourceCell, section, button } = make();
    const told = about(
      [
        { label: "cell [3]", source: "x = '<b>'" },
        { label: "cell [4]", source: "y" },
      ],
      [0, 1, 1],
    );
    sourceCell.show(told, 0);
    expect(button()!.textContent).toBe("from cell [3]");
    expect(section.querySelector("pre")).toBeNull();
    button()!.click();
    expect(section.querySelector("pre")!.textContent).toBe("x = '<b>'");
    expect(button()!.getAttribute("aria-expanded")).toBe("true");
    sourceCell.show(told, 1);
    expect(section.querySelector("pre")!.textContent).toBe("y");
    button()!.click();
    expect(section.querySelector("pre")).toBeNull();
  });

  it("says who it was where no cell did it, and nothing where nobody knows", () => {
    const { sourceCell, section, button } = make();
    const told = about(
      [{ label: "cell [3]", source: "x" }, { label: "thread trainer" }],
      [0, 1, -1],
    );
    sourceCell.show(told, 0);
    button()!.click();
    sourceCell.show(told, 1);
    expect(section.textContent).toContain("from thread trainer");
    expect(section.querySelector("pre")).toBeNull();
    expect(button()).toBeNull();
    sourceCell.show(told, 2);
    expect(section.textContent).not.toContain("from");
    sourceCell.show({ ...told, cells: undefined, from: undefined }, 0);
    expect(section.textContent).not.toContain("from");
  });
});

describe("the log", () => {
  it("shows lines with their cells, as text, and a search leaves those with all words", () => {
    const log = new Log();
    expect(
      log.update({
        lines: [
          ["[1]", "epoch 1 <b>", false],
          ["[2]", "epoch 2", true],
          ["", "done", false],
        ],
        before: 7,
      }),
    ).toBe(10);
    const shown = () =>
      [...log.element.querySelectorAll(".jt-printed")].map((line) => line.textContent);
    expect(shown()).toEqual(["[1]epoch 1 <b>", "[2]epoch 2", "done"]);
    expect(log.element.textContent).toContain("the last 3 of 10 lines");
    const search = log.element.querySelector<HTMLInputElement>("input")!;
    search.value = "epoch [2]";
    search.dispatchEvent(new Event("input"));
    expect(shown()).toEqual(["[2]epoch 2"]);
    search.value = "nothing";
    search.dispatchEvent(new Event("input"));
    expect(log.element.textContent).toContain("no line has that");
    expect(log.update(undefined)).toBe(0);
  });
});
