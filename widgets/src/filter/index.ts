// The language that runs are filtered with, the same as in Python: jupyter_tracking/read/filter says what it is.

export type { FilterColumn } from "./columns";
export { parseFilter, rowText, type Filter, type FilterError, type FilterOptions } from "./grammar";
export { completeFilter, type Completion } from "./completion";
