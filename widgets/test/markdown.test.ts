import { describe, expect, it } from "vitest";
import { put } from "../src/dom/dom";
import { build, type MarkdownNode } from "../src/renderers/markdown";

function drawn(...nodes: MarkdownNode[]): HTMLElement {
  const page = document.createElement("div");
  put(page, ...build(nodes));
  return page;
}

describe("a document", () => {
  it("has headings below the panel's, lists, tables and code", () => {
    const page = drawn(
      ["h1", null, "Title"],
      ["ol", { start: 3 }, ["li", null, "three"]],
      ["ul", null, ["li", null, "☐ to do"], ["li", null, "☑ done"]],
      ["table", null, ["thead", null, ["tr", null, ["th", { align: "right" }, "n"]]]],
      ["pre", { info: "python" }, ["code", null, "x = 1"]],
      ["p", null, "one", ["br", null], "two ", ["em", null, ["strong", null, "three"]]],
    );
    const heading = page.querySelector("[role=heading]")!;
    expect([heading.textContent, heading.getAttribute("aria-level")]).toEqual(["Title", "3"]);
    expect(page.querySelector("ol")!.getAttribute("start")).toBe("3");
    expect([...page.querySelectorAll("ul li")].map((item) => item.textContent)).toEqual([
      "☐ to do",
      "☑ done",
    ]);
    expect(page.querySelector("th")!.style.textAlign).toBe("right");
    expect(page.querySelector("pre")!.textContent).toBe("x = 1");
    expect(page.querySelector("p")!.innerHTML).toBe("one<br>two <em><strong>three</strong></em>");
  });

  it("tells links and pictures in words, and fetches and follows none", () => {
    const page = drawn(
      ["a", { href: "somewhere" }, "a link"],
      ["img", { src: "picture.png", alt: "a cat" }],
    );
    expect(page.querySelector("a, img")).toBeNull();
    expect(page.textContent).toBe("a link (somewhere)[picture a cat: picture.png]");
    expect(page.querySelector(".jt-link .jt-kind")!.textContent).toBe(" (somewhere)");
  });

  it("draws no element that is not one of a document's, only what is in it", () => {
    const page = drawn(["script", null, "alert(1)"], ["p", null, "<b>", ["iframe", null]]);
    expect(page.querySelector("script, iframe, b")).toBeNull();
    expect(page.textContent).toBe("alert(1)<b>");
  });

  it("may have thousands of marks in one line", () => {
    const marks = Array.from({ length: 6000 }, (_, n): MarkdownNode => ["em", null, `mark ${n}`]);
    const page = drawn(["p", null, ...marks.flatMap((mark) => [mark, " "])]);
    expect(page.querySelectorAll("em").length).toBe(6000);
  });
});
