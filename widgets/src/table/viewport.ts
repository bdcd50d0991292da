// Which rows are in view of a scrolling element whose content is as high as all rows together, although only a few are in the page.

/** Rows drawn above and below the visible ones, so that a small scroll finds them there. */
const OVERSCAN = 4;
/** Browsers give up on elements much higher than this; for longer tables a pixel of the scroll bar stands for several rows. */
const MAX_HEIGHT = 6_000_000;
/** The element is as high as so many rows, unless someone drags it to another height. */
const MAX_VISIBLE_ROWS = 12;

export class Viewport {
  /** The number of the row at the upper edge, with its fraction. */
  private top = 0;
  private count = 0;
  private scrollTop = 0;
  /** Where we put the scroll bar ourselves: the scroll event that follows must not move `top`. */
  private placedAt = -1;
  private height = 0;
  private headHeight = 0;
  private preferredRows = 1;
  private preferredHeight = "";

  /**
   * @param element what scrolls.
   * @param head the column headings, which stay at the upper edge.
   * @param scrolled called when other rows have come into view.
   */
  constructor(
    private readonly element: HTMLElement,
    private readonly head: HTMLElement,
    private readonly rowHeight: number,
    private readonly scrolled: () => void,
  ) {
    element.addEventListener("scroll", () => this.onScroll(), { passive: true });
    element.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
  }

  /** Read again what is on screen; return whether it has changed. An element that was out of the page may have lost its place. */
  measure(): boolean {
    const { height, headHeight, scrollTop } = this;
    this.scrollTop = this.element.scrollTop;
    this.headHeight = this.head.offsetHeight;
    this.height = this.element.clientHeight;
    return height !== this.height || headHeight !== this.headHeight || scrollTop !== this.scrollTop;
  }

  /** Take the number of rows, and be as high as `visible` of them, up to a limit. */
  resize(count: number, visible: number): void {
    this.count = count;
    this.preferredRows = Math.min(Math.max(visible, 1), MAX_VISIBLE_ROWS);
    this.fit();
  }

  /** Be as high as the rows and the headings need. */
  fit(): void {
    // The borders, and the horizontal scroll bar where there is one, which would cover the last row.
    const edges = this.element.offsetHeight - this.element.clientHeight;
    const height = `${this.preferredRows * this.rowHeight + this.headHeight + edges}px`;
    // Someone may have dragged it to another height, which stays until the table needs another one by itself.
    if (this.preferredHeight !== height) {
      this.preferredHeight = height;
      this.element.style.height = height;
      this.measure();
    }
    this.top = Math.min(this.top, this.lastTop);
  }

  /** The rows to draw, from the first to before the last. */
  get range(): [from: number, to: number] {
    return [
      Math.max(0, Math.floor(this.top) - OVERSCAN),
      Math.min(this.count, Math.ceil(this.top + this.space / this.rowHeight) + OVERSCAN),
    ];
  }

  /** The first and the last row that can be seen, not counting one of which less than half is in view. */
  get visible(): [first: number, last: number] {
    const first = Math.ceil(this.top - 0.5);
    return [first, Math.max(first, Math.floor(this.top + this.space / this.rowHeight) - 1)];
  }

  /** Rows that fit on screen. */
  get rowsThatFit(): number {
    return Math.max(1, Math.floor(this.space / this.rowHeight));
  }

  /** Pixels of empty space above and below the drawn rows, which give the content its height. */
  padding(from: number, to: number): [above: number, below: number] {
    const above = Math.max(0, this.scrollTop - (this.top - from) * this.rowHeight);
    return [above, Math.max(0, this.contentHeight - above - (to - from) * this.rowHeight)];
  }

  /** Put a row at the upper edge; `syncScrollBar` has to be called once the rows are drawn. */
  moveTo(row: number): void {
    this.top = Math.max(0, Math.min(row, this.lastTop));
  }

  /** Move as little as is needed for a row to be in view; return whether that was at all. */
  reveal(row: number): boolean {
    const { top } = this;
    if (row < top) this.moveTo(row);
    else if (row > top + this.rowsThatFit - 1) this.moveTo(row - this.rowsThatFit + 1);
    return this.top !== top;
  }

  /** Bring the scroll bar to the row at the upper edge; return whether it has moved, which it does not while the element is hidden. */
  syncScrollBar(): boolean {
    const before = this.scrollTop;
    const to = this.top * this.pixelsPerRow;
    if (Math.abs(to - before) < 1) return false;
    this.element.scrollTop = to;
    this.scrollTop = this.placedAt = this.element.scrollTop;
    return Math.abs(this.scrollTop - before) >= 1;
  }

  /** Height that the rows have on screen. */
  private get space(): number {
    const height = this.height || MAX_VISIBLE_ROWS * this.rowHeight;
    return Math.max(this.rowHeight, height - this.headHeight);
  }
  private get contentHeight(): number {
    return Math.min(this.count * this.rowHeight, MAX_HEIGHT);
  }
  private get lastTop(): number {
    return Math.max(0, this.count - this.space / this.rowHeight);
  }
  /** How far the scroll bar moves for a row. */
  private get pixelsPerRow(): number {
    return this.lastTop > 0 && this.count * this.rowHeight > MAX_HEIGHT
      ? (this.contentHeight - this.space) / this.lastTop
      : this.rowHeight;
  }

  private onScroll(): void {
    this.scrollTop = this.element.scrollTop;
    if (Math.abs(this.scrollTop - this.placedAt) < 2) return;
    this.placedAt = -1;
    this.top = Math.min(this.scrollTop / this.pixelsPerRow, this.lastTop);
    this.scrolled();
  }

  /** Where a pixel of the scroll bar is several rows, the wheel still moves by rows. */
  private onWheel(event: WheelEvent): void {
    if (this.pixelsPerRow === this.rowHeight || event.ctrlKey || event.shiftKey || !event.deltaY)
      return;
    const { top, rowHeight } = this;
    const unit =
      event.deltaMode === WheelEvent.DOM_DELTA_LINE
        ? 1
        : event.deltaMode === WheelEvent.DOM_DELTA_PAGE
          ? this.space / rowHeight
          : 1 / rowHeight;
    this.moveTo(top + event.deltaY * unit);
    if (this.top === top) return;
    event.preventDefault();
    this.scrolled();
  }
}
