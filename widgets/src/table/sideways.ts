// Which columns of a grid are in view, of which only those are in the page, however many there are.

import { span } from "../dom/dom";

/** Columns drawn before and after the visible ones, so that a small scroll finds them there. */
const OVERSCAN = 4;
/** So few columns are all drawn. */
const MAX_WHOLE = 64;
/** What is taken for the width of the element and of a letter while the page shows neither, in pixels. */
const ELEMENT = 1000;
const LETTER = 7;
/** No longer scrolled since so many milliseconds. */
const AT_REST = 150;

export class Sideways {
  /** Numbers of the columns that are drawn: those that stay in view, then those of a window. */
  drawn: number[] = [];
  /** Where each column begins, in pixels from the first; at the end where the last one ends. */
  private starts = new Float64Array(1);
  private sticky = 0;
  private from = 0;
  private to = 0;
  private letter = LETTER;
  /** Of the element when it was last asked: asking while rows are being written makes the browser lay them out at once. */
  private left = 0;
  private room = ELEMENT;
  private readonly probe = span("jt-letters");
  private resting: number | undefined;

  /** @param element what scrolls. */
  constructor(private readonly element: HTMLElement) {
    element.append(this.probe);
  }

  /** Whether only some of the columns are drawn, so that their widths have to be said in pixels. */
  get isPartial(): boolean {
    return this.count > MAX_WHOLE;
  }

  /** How many characters there is room for beside what has so many pixels: around the element, which is as wide as its columns. */
  letters(beside: number): number {
    this.measure();
    return Math.floor(
      ((this.element.parentElement?.clientWidth || this.room) - beside) / this.letter,
    );
  }

  private get count(): number {
    return this.starts.length - 1;
  }

  /**
   * Take other columns; the one at the left edge stays there.
   *
   * @param widths in characters.
   * @param sticky how many of the first columns stay in view.
   */
  resize(widths: ArrayLike<number>, sticky: number): void {
    const { starts: before } = this;
    this.measure();
    const first = this.isPartial ? this.columnAt(this.left + this.stickyWidth) : 0;
    const into = this.left + this.stickyWidth - before[first]!;
    this.letter = this.probe.offsetWidth / 100 || LETTER;
    this.starts = new Float64Array(widths.length + 1);
    for (let n = 0; n < widths.length; n += 1)
      this.starts[n + 1] = this.starts[n]! + Math.round(widths[n]! * this.letter);
    this.sticky = sticky;
    const moved = this.starts[first] !== before[first] && first < this.count;
    if (moved && this.isPartial) this.scrollTo(this.starts[first]! + into - this.stickyWidth);
    this.setWindow();
  }

  /** It was scrolled: draw what has come into view; return whether other columns are drawn now. */
  follow(): boolean {
    this.measure();
    this.letGo();
    const [first, last] = this.visible;
    if (!this.isPartial || (first >= this.from && last < this.to)) return false;
    this.setWindow();
    return true;
  }

  /** The first and the last column in view, beside those that stay there. */
  get visible(): [first: number, last: number] {
    const { left, room, count, sticky } = this;
    const first = this.columnAt(left + this.stickyWidth);
    const last = this.columnAt(left + room - 1);
    return [Math.max(sticky, first), Math.min(count - 1, Math.max(sticky, first, last))];
  }

  /** Scroll as little as is needed for a column to be in view. */
  reveal(column: number): void {
    if (column < this.sticky) return;
    const { starts, stickyWidth } = this;
    this.measure();
    const left = starts[column]! - stickyWidth;
    const right = starts[column + 1]! - this.room;
    if (left < this.left) this.scrollTo(left);
    else if (right > this.left) this.scrollTo(Math.min(left, right));
  }

  /** While rows go by and no column is hidden, none has to stay in view by itself: a browser would draw each such cell alone, in every frame. */
  private letGo(): void {
    const { classList } = this.element;
    window.clearTimeout(this.resting);
    if (this.left > 0) return classList.remove("jt-level");
    classList.add("jt-level");
    this.resting = window.setTimeout(() => classList.remove("jt-level"), AT_REST);
  }

  private measure(): void {
    this.left = this.element.scrollLeft;
    this.room = this.element.clientWidth || ELEMENT;
  }

  private scrollTo(left: number): void {
    this.element.scrollLeft = left;
    this.left = this.element.scrollLeft;
  }

  /** Pixels of a column. */
  width(column: number): number {
    return this.starts[column + 1]! - this.starts[column]!;
  }

  /** Pixels of all columns. */
  get whole(): number {
    return this.starts.at(-1)!;
  }

  /** Pixels of the columns before and after the window. */
  get padding(): [before: number, after: number] {
    const { starts, sticky, from, to, count } = this;
    return [starts[from]! - starts[sticky]!, starts[count]! - starts[to]!];
  }

  private get stickyWidth(): number {
    return this.starts[this.sticky] ?? 0;
  }

  private setWindow(): void {
    const { sticky, count } = this;
    const [first, last] = this.visible;
    this.from = this.isPartial ? Math.max(sticky, first - OVERSCAN) : sticky;
    this.to = this.isPartial ? Math.min(count, last + 1 + OVERSCAN) : count;
    this.drawn = [
      ...Array.from({ length: sticky }, (_, n) => n),
      ...Array.from({ length: Math.max(0, this.to - this.from) }, (_, n) => this.from + n),
    ];
  }

  /** The column at a distance from the first, in pixels. */
  private columnAt(x: number): number {
    let [low, high] = [0, Math.max(0, this.count - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= x) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
