/** Suggests the known name that an unknown one probably means, or else lists all known names. */
export function suggestionFor(name: string, known: readonly string[]): string {
  const suggested = suggest(name, known);
  return suggested === undefined ? `it takes ${known.join(", ")}` : `did you mean \`${suggested}\`?`;
}

/** Returns the known name that an unknown one probably means: within two edits, or a third of its length. */
export function suggest(name: string, known: readonly string[]): string | undefined {
  const [closest] = known
    .map((each) => ({ each, edits: editDistance(name.toLowerCase(), each) }))
    .sort((a, b) => a.edits - b.edits);
  const editsMax = Math.max(2, Math.floor(name.length / 3));
  return closest && closest.edits <= editsMax && closest.edits < closest.each.length ? closest.each : undefined;
}

/** Returns the nearest known name, by the whole name or its last part: people write only the city of a time zone. */
export function closestName(name: string, known: readonly string[]): string {
  const normalized = name.toLowerCase().replaceAll(" ", "_");
  const edits = (each: string) =>
    Math.min(editDistance(normalized, each), editDistance(normalized, each.slice(each.lastIndexOf("/") + 1)));
  return known.reduce((best, each) => (edits(each.toLowerCase()) < edits(best.toLowerCase()) ? each : best));
}

/**
 * Counts the letters to insert, delete or substitute to turn one word into another (Levenshtein). Not from a library,
 * because the contracts depend on zod only. A name much longer than the known one skips the quadratic work.
 */
function editDistance(name: string, known: string): number {
  if (name.length > 2 * known.length + 2) return name.length;
  let edits = Array.from({ length: known.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...name].entries()) {
    const next = [row + 1];
    for (const [column, other] of [...known].entries()) {
      const substitution = Number(edits[column]) + (letter === other ? 0 : 1);
      next.push(Math.min(Number(next[column]) + 1, Number(edits[column + 1]) + 1, substitution));
    }
    edits = next;
  }
  return Number(edits.at(-1));
}
