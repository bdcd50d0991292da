// What draws the panel and the tab of a run: loaded when one of them is first seen.

export { RunTab } from "./run-tab";
export { RunsPanel } from "./runs-panel";
