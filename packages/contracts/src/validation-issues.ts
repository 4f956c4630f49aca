import type { z } from "zod";
import type { Issue } from "./errors.ts";

/** Every issue that zod found in an input, in words that say what the field takes. */
export function issuesOf(error: z.core.$ZodError, known: readonly string[], input?: unknown): Issue[] {
  return error.issues.flatMap((issue): Issue[] => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((name) => ({ path: name, message: unknownParameterMessage(name, known) }));
    const value = valueAt(input, issue.path);
    const isMissing = input !== undefined && value === undefined && issue.path.length > 0 && issue.code !== "custom";
    return [{ path: issue.path.join("."), message: isMissing ? "is needed" : messageOf(issue, value) }];
  });
}

/** What is said of a parameter that does not exist. */
function unknownParameterMessage(name: string, known: readonly string[]): string {
  return known.length === 0
    ? "is not a parameter here: it takes none"
    : `is not a parameter here; ${suggestionFor(name, known)}`;
}

/** The name that is so near to another that it was probably meant. */
function suggest(name: string, known: readonly string[]): string | undefined {
  const [closest] = known
    .map((each) => ({ each, edits: editDistance(name.toLowerCase(), each) }))
    .sort((a, b) => a.edits - b.edits);
  return closest && closest.edits <= Math.max(2, Math.floor(name.length / 3)) && closest.edits < closest.each.length
    ? closest.each
    : undefined;
}

/** The known name that is nearest to another, as a whole or in its last part: people write the city of a time zone. */
function closestName(name: string, known: readonly string[]): string {
  const normalized = name.toLowerCase().replaceAll(" ", "_");
  const edits = (each: string) =>
    Math.min(editDistance(normalized, each), editDistance(normalized, each.slice(each.lastIndexOf("/") + 1)));
  return known.reduce((best, each) => (edits(each.toLowerCase()) < edits(best.toLowerCase()) ? each : best));
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
}

/** Where a name leads that does not exist: to the one that was meant, or to all there are. */
export function suggestionFor(name: string, known: readonly string[]): string {
  const suggested = suggest(name, known);
  return suggested === undefined ? `it takes ${known.join(", ")}` : `did you mean \`${suggested}\`?`;
}

/** How many letters must be added, removed or changed to make one word of another (Levenshtein); own code, because the contracts need zod alone. A long name is near to none. */
function editDistance(name: string, known: string): number {
  if (name.length > 2 * known.length + 2) return name.length;
  let edits = Array.from({ length: known.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...name].entries()) {
    const next = [row + 1];
    for (const [column, other] of [...known].entries())
      next.push(
        Math.min(
          Number(next[column]) + 1,
          Number(edits[column + 1]) + 1,
          Number(edits[column]) + (letter === other ? 0 : 1),
        ),
      );
    edits = next;
  }
  return Number(edits.at(-1));
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.message.startsWith("Invalid input")
        ? issue.input === undefined && issue.message.endsWith("undefined")
          ? "is needed"
          : `must be ${typeName(issue.expected)}`
        : issue.message;
    case "invalid_value": {
      const suggested = typeof value === "string" ? suggest(value, issue.values.map(String)) : undefined;
      return `must be one of ${issue.values.join(", ")}${suggested === undefined ? "" : `; did you mean \`${suggested}\`?`}`;
    }
    case "invalid_union":
      return "options" in issue && Array.isArray(issue.options)
        ? `must be one of ${issue.options.join(", ")}`
        : issue.message;
    case "custom": {
      const known = issue.params?.["nearest"] as readonly string[] | undefined;
      return known && typeof value === "string"
        ? `${issue.message}; the nearest is \`${closestName(value, known)}\``
        : issue.message;
    }
    case "too_small":
      return issue.message.startsWith("Too small")
        ? sizeMessage(issue.origin, "at least", issue.minimum)
        : issue.message;
    case "too_big":
      return issue.message.startsWith("Too big") ? sizeMessage(issue.origin, "at most", issue.maximum) : issue.message;
    default:
      return issue.message;
  }
}

function sizeMessage(origin: string, comparison: string, size: number | bigint): string {
  const things = { string: "character", array: "value" }[origin];
  return things ? `must have ${comparison} ${size} ${things}${size === 1 ? "" : "s"}` : `must be ${comparison} ${size}`;
}

function typeName(expected: string): string {
  if (expected === "int") return "a whole number";
  if (expected === "record") return "an object";
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`;
}
