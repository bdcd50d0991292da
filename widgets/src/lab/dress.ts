// The style sheets of the panel and the tab.

import { h } from "../dom/dom";
import { dress } from "../dom/theme";
import sheet from "./lab.css";

/** Put them into the page, each once. */
export function dressLab(root: HTMLElement): void {
  dress(root);
  if (document.head.querySelector("style[data-jt-lab]")) return;
  document.head.append(h("style", { "data-jt-lab": "" }, sheet));
}
