// jsdom has no media queries.
globalThis.matchMedia ??= ((query: string) => ({
  matches: false,
  media: query,
  onchange: null,
  addListener: () => undefined,
  removeListener: () => undefined,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  dispatchEvent: () => false,
})) as typeof matchMedia;

// Nor has it canvases: charts are laid out and not painted.
HTMLCanvasElement.prototype.getContext = (() => null) as HTMLCanvasElement["getContext"];
