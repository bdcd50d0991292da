// The table of runs in a notebook: what is opened, ticked and compared is told to the kernel, which shows it below.

import { reportVisibility } from "./visibility";
import { h, holdKeys } from "../dom/dom";
import { Payload, type Head } from "../model/payload";
import type { Model } from "../model/model";
import { Rows, RunTable, type Patch } from "./run-table";
import { dress } from "../dom/theme";

export async function runs(model: Model, el: HTMLElement): Promise<() => void> {
  dress(el);
  const key: string = model.get("key");
  const set = (name: string, value: unknown): void => {
    model.set(name, value);
    model.save_changes();
  };
  const read = (): Rows => {
    const [head, buffers] = model.get("table") as [Head, DataView[]];
    return new Rows(new Payload(head, buffers), model.get("patches") as Patch[], true);
  };
  const table = new RunTable(read(), {
    open: (id) => set("opened", id),
    choose: (ids) => set("chosen", ids),
    compare: (kind, name) => model.send({ compare: [kind, name] }),
  });
  const root = h("div", { class: "jt-browser", "data-jt-live": key }, table.element);
  holdKeys(root);
  el.append(root);
  const mark = (): void => table.mark(model.get("opened") as string);
  const offer = (): void => table.offer(model.get("shared") as [string, string, number][]);
  const tick = (): void => table.show(model.get("chosen") as string[]);
  const update = (): void => table.update(read());
  const events: [string, () => void][] = [
    ["change:opened", mark],
    ["change:shared", offer],
    ["change:chosen", tick],
    ["change:table", update],
    ["change:patches", update],
  ];
  for (const [name, heard] of events) model.on(name, heard);
  tick();
  offer();
  mark();
  const announce = (name: string) => window.dispatchEvent(new CustomEvent(name, { detail: key }));
  announce("jt-live");
  const leave = reportVisibility(model);
  return () => {
    leave();
    for (const [name, heard] of events) model.off(name, heard);
    root.remove();
    announce("jt-gone");
  };
}
