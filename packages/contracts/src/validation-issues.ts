import type { z } from "zod";
import type { Issue } from "./errors.ts";
import { closestName, suggest, suggestionFor } from "./suggestions.ts";

/**
 * Converts every issue that zod found in an input to a message that says what the field takes. `known` are the names of
 * the parameters; with `input`, a missing value is told from an invalid one.
 */
export function issuesOf(error: z.core.$ZodError, known: readonly string[], input?: unknown): Issue[] {
  return error.issues.flatMap((issue): Issue[] => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((name) => ({ path: name, message: unknownParameterMessage(name, known) }));
    const value = valueAt(input, issue.path);
    const isMissing = input !== undefined && value === undefined && issue.path.length > 0 && issue.code !== "custom";
    return [{ path: issue.path.join("."), message: isMissing ? "is needed" : messageOf(issue, value) }];
  });
}

function unknownParameterMessage(name: string, known: readonly string[]): string {
  return known.length === 0
    ? "is not a parameter here: it takes none"
    : `is not a parameter here; ${suggestionFor(name, known)}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, key) => (isObject(value) ? value[key] : undefined), input);
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

/** The message for an issue. A schema's own message is kept; zod's default message is replaced. */
function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  const { code, message } = issue;
  if (code === "invalid_type") return typeMessage(issue);
  if (code === "invalid_value") return valuesMessage(issue, value);
  if (code === "invalid_union") return unionMessage(issue);
  if (code === "invalid_key") return issue.issues[0]?.message ?? message;
  if (code === "custom") return nearestMessage(issue, value);
  if (code === "too_small" && message.startsWith("Too small"))
    return sizeMessage(issue.origin, `at least ${issue.minimum}`, issue.minimum);
  if (code === "too_big" && message.startsWith("Too big"))
    return sizeMessage(issue.origin, `at most ${issue.maximum}`, issue.maximum);
  return message;
}

function typeMessage({ input, message, expected }: z.core.$ZodIssueInvalidType): string {
  if (!message.startsWith("Invalid input")) return message;
  const isMissing = input === undefined && message.endsWith("undefined");
  return isMissing ? "is needed" : `must be ${typeName(expected)}`;
}

function valuesMessage({ values }: z.core.$ZodIssueInvalidValue, value: unknown): string {
  const suggested = typeof value === "string" ? suggest(value, values.map(String)) : undefined;
  return `must be one of ${values.join(", ")}${suggested === undefined ? "" : `; did you mean \`${suggested}\`?`}`;
}

function unionMessage(issue: z.core.$ZodIssueInvalidUnion): string {
  return "options" in issue && Array.isArray(issue.options)
    ? `must be one of ${issue.options.join(", ")}`
    : issue.message;
}

/** Appends the nearest known value where the schema's issue lists them as `nearest`. */
function nearestMessage({ message, params }: z.core.$ZodIssueCustom, value: unknown): string {
  const known: unknown = params?.["nearest"];
  return Array.isArray(known) && typeof value === "string"
    ? `${message}; the nearest is \`${closestName(value, known.map(String))}\``
    : message;
}

function sizeMessage(origin: string, bound: string, size: number | bigint): string {
  const things = { string: "character", array: "value" }[origin];
  return things ? `must have ${bound} ${things}${size === 1 ? "" : "s"}` : `must be ${bound}`;
}

function typeName(expected: string): string {
  if (expected === "int") return "a whole number";
  if (expected === "record") return "an object";
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`;
}
