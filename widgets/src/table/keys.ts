// Where the keys of a grid lead.

export interface Position {
  row: number;
  column: number;
}

/**
 * Where a key leads from a row or a cell, not yet held to the grid's edges; null when it leads nowhere.
 *
 * @param byRow rows are moved between, not cells: Home and End lead to the first and the last row.
 */
export function destination(
  { key, ctrlKey, metaKey }: KeyboardEvent,
  { row, column }: Position,
  { rows, columns, page }: { rows: number; columns: number; page: number },
  byRow: boolean,
): Position | null {
  const far = ctrlKey || metaKey;
  const sideways = (to: number): Position | null => (byRow ? null : { row, column: to });
  const destinations: Record<string, Position | null> = {
    ArrowUp: { row: far ? 0 : row - 1, column },
    ArrowDown: { row: far ? rows - 1 : row + 1, column },
    ArrowLeft: sideways(far ? 0 : column - 1),
    ArrowRight: sideways(far ? columns - 1 : column + 1),
    PageUp: { row: Math.max(0, row - page), column },
    PageDown: { row: Math.max(0, row) + page, column },
    Home: { row: far || byRow ? 0 : row, column: 0 },
    End: { row: far || byRow ? rows - 1 : row, column: columns - 1 },
  };
  return destinations[key] ?? null;
}
