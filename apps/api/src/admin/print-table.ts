type Cell = string | number | boolean | null;

/**
 * Prints rows as lines of aligned columns below the columns' names. Two spaces or more are between columns, and `-`
 * stands where there is nothing, so that a line splits into its cells.
 */
export function printTable(rows: readonly Record<string, Cell>[]): void {
  const [first] = rows;
  if (!first) return;
  const lines = [Object.keys(first), ...rows.map((row) => Object.values(row).map(formatCell))];
  const widths = Object.keys(first).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

/** A cell without control characters, which would move a terminal's cursor. */
function formatCell(cell: Cell): string {
  const text = String(cell ?? "").replace(
    /\p{Cc}/gu,
    (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return text === "" ? "-" : text;
}
