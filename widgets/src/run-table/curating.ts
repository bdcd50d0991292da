// Under the table of runs, while some are chosen: what is done to them, and what it came to.

import { h, put } from "../dom/dom";
import { textButton } from "../dom/toolbar";
import * as format from "../model/format";

export type Verb =
  | "rename"
  | "tag"
  | "untag"
  | "note"
  | "pin"
  | "unpin"
  | "archive"
  | "restore"
  | "delete"
  | "export";

/** What was done: in words, what was refused and why, and whether it can be taken back. */
export interface Said {
  text?: string;
  error?: string;
  undo?: boolean;
}

/** What the runs that are chosen have in common. */
export interface Chosen {
  count: number;
  name: string;
  note: string;
  /** All tags that any of them has. */
  tags: string[];
  arePinned: boolean;
  areArchived: boolean;
}

const asked = { rename: "new name", tag: "tags, with commas between", note: "note" } as const;
type Asked = keyof typeof asked;

export class Curating {
  readonly element = h("span", {
    class: "jt-curating",
    role: "group",
    "aria-label": "change the chosen runs",
  });
  /** Says what was done, and offers to take it back. */
  readonly said = h("div", { class: "jt-said-of-runs", hidden: true });
  private chosen: Chosen = {
    count: 0,
    name: "",
    note: "",
    tags: [],
    arePinned: false,
    areArchived: false,
  };
  /** What is asked for at this moment. */
  private asking: Asked | null = null;
  private look = "";

  constructor(
    private readonly curate: (verb: Verb, value: string) => void,
    private readonly undo: () => void,
  ) {}

  show(chosen: Chosen): void {
    this.chosen = chosen;
    if (chosen.count === 0) this.asking = null;
    this.draw();
  }

  /** Say what came of the last change. */
  tell({ text = "", error = "", undo = false }: Said): void {
    this.said.hidden = !text && !error;
    put(
      this.said,
      h("span", { role: "status" }, text),
      undo ? textButton("undo", this.undo) : null,
      error ? h("p", { class: "jt-error", role: "alert" }, error) : null,
    );
  }

  private draw(): void {
    const { chosen, asking } = this;
    // What is typed at this moment is left alone while other runs come and change.
    const look = JSON.stringify([
      asking,
      asking ? chosen.tags : [chosen.arePinned, chosen.areArchived],
    ]);
    if (look === this.look) return;
    this.look = look;
    const focused = this.element.contains(this.element.ownerDocument.activeElement);
    if (asking) put(this.element, ...this.form(asking));
    else put(this.element, ...this.buttons());
    if (focused || asking)
      this.element.querySelector<HTMLElement>(asking ? "input" : "button")?.focus();
  }

  private buttons(): Node[] {
    const { arePinned, areArchived } = this.chosen;
    const ask = (verb: Asked): HTMLElement =>
      textButton(`${verb}…`, () => {
        this.asking = verb;
        this.draw();
      });
    const act = (verb: Verb): HTMLElement => textButton(verb, () => this.curate(verb, ""));
    return [
      ...(["tag", "note", "rename"] as const).map(ask),
      act(arePinned ? "unpin" : "pin"),
      act(areArchived ? "restore" : "archive"),
      act("export"),
      act("delete"),
    ];
  }

  private form(verb: Asked): Node[] {
    const { chosen } = this;
    const begin = { rename: chosen.name, tag: "", note: chosen.note }[verb];
    const field = h("input", {
      type: "text",
      class: "jt-filter",
      "aria-label": `${asked[verb]} of ${format.plural(chosen.count, "run")}`,
      placeholder: asked[verb],
      value: begin,
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === "Enter") done();
        else if (event.key === "Escape") stop();
        else return;
        event.preventDefault();
        event.stopPropagation();
      },
    });
    const stop = (): void => {
      this.asking = null;
      this.draw();
      this.element.querySelector("button")?.focus();
    };
    const done = (): void => {
      const value = field.value.trim();
      if (value || verb === "note") this.curate(verb, value);
      stop();
    };
    const taken = verb === "tag" ? chosen.tags : [];
    return [
      field,
      textButton(verb === "note" ? "keep" : verb, done),
      textButton("cancel", stop),
      ...taken.map((tag) => {
        const button = textButton(`${tag} ×`, () => {
          this.curate("untag", tag);
          stop();
        });
        button.setAttribute("aria-label", `take the tag ${tag} away`);
        return button;
      }),
    ];
  }
}
