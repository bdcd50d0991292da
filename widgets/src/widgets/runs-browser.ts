// The table of runs in a notebook. What is opened, chosen and compared is told to the kernel, which shows it below.

import { h } from "../dom/dom";
import type { RunsHead } from "../model/payload-heads";
import type { Model } from "../model/model";
import { Payload } from "../model/payload";
import type { Said } from "../run-table/curating";
import { mount } from "./mount";
import { RunRows, type Patch } from "./run-rows";
import { RunTable, type SharedArtifact } from "./run-table";

/** The traits of the widget. */
interface RunsState {
  /** The id of the run that is open, or nothing. */
  opened: string;
  /** The ids of the runs that are chosen. */
  chosen: string[];
  /** What the chosen runs have in common. */
  shared: SharedArtifact[];
  table: [head: RunsHead, buffers: DataView[]];
  /** What has changed in the table's rows since. */
  patches: Patch[];
  /** How the table is arranged. */
  arrangement: object;
  /** What was done to runs last. */
  said: Said;
}

export async function runs(model: Model<RunsState>, el: HTMLElement): Promise<() => void> {
  const read = (): RunRows => {
    const [head, buffers] = model.get("table");
    return new RunRows(new Payload(head, buffers), model.get("patches"));
  };
  const table = new RunTable(read(), {
    open: (id) => {
      model.set("opened", id);
      model.save_changes();
    },
    choose: (ids) => {
      model.set("chosen", ids);
      model.save_changes();
    },
    compare: (kind, name, ids) => model.send({ compare: [kind, name, ids] }),
    plot: (ids) => model.send({ plot: ids }),
    curate: (verb, value, ids) => model.send({ curate: [verb, value, ids] }),
    undo: () => model.send({ undo: true }),
    askSparks: (ids) => model.send({ sparks: ids }),
    arrangement: model.get("arrangement"),
    arranged: (arrangement) => {
      model.set("arrangement", arrangement);
      model.save_changes();
    },
  });
  const showChosen = (): void => table.showChosen(model.get("chosen"));
  const offer = (): void => table.offer(model.get("shared"));
  const mark = (): void => table.mark(model.get("opened"));
  const tell = (): void => table.tell(model.get("said") ?? {});
  const take = (message: { sparks?: string[] }, buffers: DataView[]): void => {
    if (message.sparks)
      table.takeSparks(
        message.sparks,
        buffers.map((b) => new Uint8Array(b.buffer, b.byteOffset, b.byteLength)),
      );
  };
  const update = (): void => table.update(read());
  showChosen();
  offer();
  mark();
  return mount(model, el, {
    element: h("div", { class: "jt-browser" }, table.element),
    listeners: [
      [model, "change:opened", mark],
      [model, "change:shared", offer],
      [model, "change:chosen", showChosen],
      [model, "change:table", update],
      [model, "change:patches", update],
      [model, "change:said", tell],
      [model, "msg:custom", take],
    ],
    destroy: () => table.destroy(),
  });
}
