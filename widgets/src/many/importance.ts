// What inputs have to do with a result: a bar for each, from its correlation's interval to its words.

import { h, span, svg } from "../dom/dom";
import type { Importance } from "../model/many-heads";

const WIDTH = 160;
const MIDDLE = WIDTH / 2;

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

export function wordsOf([, correlation, low, high, n, measure]: Importance): string {
  if (correlation === null) return `nothing to say of ${n} runs`;
  const write = (value: number) => (measure === "eta" ? value.toFixed(2) : signed(value));
  const interval =
    low !== null && high !== null ? ` (${write(low)} to ${write(high)})` : ` (${n} runs: too few)`;
  return `${write(correlation)}${interval}`;
}

/** @param choose an input is pressed; missing where nothing can be done with one. */
export function importanceList(
  found: Importance[],
  score: string,
  choose?: (input: string) => void,
): HTMLElement {
  const place = (value: number): number => MIDDLE + value * (MIDDLE - 2);
  const some = found.some(([, , , , , measure]) => measure === "eta");
  return h(
    "details",
    { class: "jt-importance", open: true },
    h("summary", {}, `what has to do with ${score}`),
    h(
      "ol",
      {},
      ...found.map((each) => {
        const [input, correlation, low, high] = each;
        const value = correlation ?? 0;
        const [from, to] = [Math.min(MIDDLE, place(value)), Math.max(MIDDLE, place(value))];
        const bar = svg(
          "svg",
          { viewBox: `0 0 ${WIDTH} 14`, width: WIDTH, height: 14, "aria-hidden": "true" },
          svg("line", { x1: MIDDLE, x2: MIDDLE, y1: 0, y2: 14, class: "jt-bar-zero" }),
          svg("rect", { x: from, y: 3, width: Math.max(1, to - from), height: 8, class: "jt-bar" }),
        );
        if (low !== null && high !== null)
          bar.append(
            svg("line", {
              x1: place(low),
              x2: place(high),
              y1: 7,
              y2: 7,
              class: "jt-bar-interval",
            }),
            ...[low, high].map((end) =>
              svg("line", {
                x1: place(end),
                x2: place(end),
                y1: 4,
                y2: 10,
                class: "jt-bar-interval",
              }),
            ),
          );
        const name = choose
          ? h(
              "button",
              {
                type: "button",
                class: "jt-from-button",
                onclick: () => choose(input),
                title: `put ${input} on the x axis`,
              },
              input,
            )
          : span("jt-name", input);
        return h("li", {}, name, bar, span("jt-figure-words", wordsOf(each)));
      }),
    ),
    h(
      "p",
      { class: "jt-caption" },
      `rank correlation (Spearman) with its 95% interval${some ? "; without a sign: of words, eta" : ""}`,
    ),
  );
}
