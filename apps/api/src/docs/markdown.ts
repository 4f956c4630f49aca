/** A Markdown table. */
export const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ")).join(" | ")} |`)
    .join("\n");

/** A value as text: strings as they are, others as JSON. */
export const valueText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/** The anchor of a heading, as GitHub makes it. */
export const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
