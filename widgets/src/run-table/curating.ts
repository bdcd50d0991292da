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

/** What a key does on a row of the table; it is said by the button of the same. */
export const keyOfVerb: Partial<Record<Verb, string>> = {
  tag: "t",
  note: "n",
  rename: "r",
  pin: "p",
  unpin: "p",
  delete: "Delete",
};

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
  /** Where the focus goes after what is asked for, where it was not here before. */
  private back: (() => void) | null = null;

  constructor(
    private readonly curate: (verb: Verb, value: string) => void,
    private readonly undo: () => void,
  ) {}

  show(chosen: Chosen): void {
    this.chosen = chosen;
    if (chosen.count === 0) this.asking = null;
    this.draw();
  }

  /** Do what a key says to the runs that are chosen; return whether there is such a key. */
  press(key: string, back: () => void): boolean {
    const verb = this.verbs().find((each) => keyOfVerb[each] === key);
    if (!verb) return false;
    if (verb in asked) this.ask(verb as Asked, back);
    else this.curate(verb, "");
    return true;
  }

  /** Take the last change back, where there is one. */
  takeBack(): boolean {
    if (!this.undoButton) return false;
    this.undo();
    return true;
  }

  /** Put the focus on the way back, where there is one. */
  focusUndo(): boolean {
    this.undoButton?.focus();
    return this.undoButton !== null;
  }
  private undoButton: HTMLElement | null = null;

  /** Say what came of the last change. */
  tell({ text = "", error = "", undo = false }: Said): void {
    this.said.hidden = !text && !error;
    this.undoButton = undo ? keyed(textButton("undo", this.undo), "Control+z") : null;
    put(
      this.said,
      h("span", { role: "status" }, text),
      this.undoButton,
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

  private verbs(): Verb[] {
    const { arePinned, areArchived } = this.chosen;
    return [
      "tag",
      "note",
      "rename",
      arePinned ? "unpin" : "pin",
      areArchived ? "restore" : "archive",
      "export",
      "delete",
    ];
  }

  private buttons(): Node[] {
    return this.verbs().map((verb) => {
      const button =
        verb in asked
          ? textButton(`${verb}…`, () => this.ask(verb as Asked, null))
          : textButton(verb, () => this.curate(verb, ""));
      return keyed(button, keyOfVerb[verb]);
    });
  }

  private ask(verb: Asked, back: (() => void) | null): void {
    this.asking = verb;
    this.back = back;
    this.draw();
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
      if (this.back) this.back();
      else this.element.querySelector("button")?.focus();
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

/** Have a button say by which key of a row the same is done. */
function keyed(button: HTMLElement, key: string | undefined): HTMLElement {
  if (!key) return button;
  button.setAttribute("aria-keyshortcuts", key);
  button.title = `on a row: ${key.replace("Control+", "Ctrl+")}`;
  return button;
}
