import { apiKeyHeader, isKeyParameter, mayContainComma, unwrap, type Issue } from "@moja/contracts";
import { z } from "zod";
import { shapeOf } from "../object-shape.ts";

/** A parsed query string: the values as the adapter takes them, and the issues found on the way. */
type ParsedQuery = { query: Record<string, string[]>; issues: Issue[] };

/**
 * Parses a query string by its contract. Lists may be repeated (also as `name[]`, by which PHP and others repeat) or
 * comma-separated; empty values, repeats of a single value and parameters that belong elsewhere are issues.
 */
export function parseQuery(input: z.ZodType, search: string, pathNames: string[]): ParsedQuery {
  const shape = shapeOf(input);
  const pairs = pairsOf(search);
  const issues: Issue[] = [];
  const query: ParsedQuery["query"] = {};
  for (const [name, values] of Map.groupBy(pairs, (pair) => pair.name)) {
    const message = placeIssue(shape, name, pathNames) ?? valuesIssue(shape, name, values);
    if (message === undefined) query[name] = valuesOf(elementOf(fieldOf(shape, name)), values);
    else issues.push({ path: name, message });
  }
  for (const [name, values] of Object.entries(query)) {
    if (values.includes("")) issues.push({ path: name, message: "has an empty value between its commas" });
  }
  return { query, issues };
}

/** A parameter as it is written, and as it reads. */
type Pair = { name: string; raw: string; value: string };

function pairsOf(search: string): Pair[] {
  return search
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [[name, value] = ["", ""]] = new URLSearchParams(pair);
      return { name: name.replace(/\[\d*\]$/, ""), raw: pair.slice(pair.indexOf("=") + 1), value };
    });
}

/** Converts a query to the contract's input: a parameter that takes one value has the value instead of a list. */
export function toSingleValues(input: z.ZodType, query: ParsedQuery["query"]): Record<string, unknown> {
  const shape = shapeOf(input);
  return Object.fromEntries(
    Object.entries(query).map(([name, values]) => [name, elementOf(fieldOf(shape, name)) ? values : values[0]]),
  );
}

function fieldOf(shape: z.core.$ZodShape, name: string): z.core.$ZodType | undefined {
  return Object.hasOwn(shape, name) ? shape[name] : undefined;
}

/** The issue of a name that has no place in the query string. Other unknown names are left to the schema. */
function placeIssue(shape: z.core.$ZodShape, name: string, pathNames: string[]): string | undefined {
  if (pathNames.includes(name)) return "belongs in the path, not in the query";
  if (!fieldOf(shape, name) && isKeyParameter(name))
    return `is not taken in a URL, which ends up in logs: send the key in the header \`${apiKeyHeader}\``;
  return name === "__proto__" ? "is not a parameter here" : undefined;
}

function valuesIssue(shape: z.core.$ZodShape, name: string, values: Pair[]): string | undefined {
  const field = fieldOf(shape, name);
  if (values.some(({ value }) => value === "")) return "is empty: give a value or leave it out";
  if (!field && Object.keys(shape).length === 0) return "is not a parameter here: it takes none";
  if (values.length > 1 && !elementOf(field)) return `is given ${values.length} times: it takes one value`;
  return undefined;
}

/** The schema of a list's elements; undefined where the parameter takes one value. */
function elementOf(field: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  const list = field && unwrap(field);
  return list instanceof z.ZodArray ? list.element : undefined;
}

function valuesOf(element: z.core.$ZodType | undefined, pairs: Pair[]): string[] {
  if (!element) return pairs.map(({ value }) => value);
  return element instanceof z.ZodType && mayContainComma(element)
    ? pairs.flatMap(splitAtCommas)
    : pairs.flatMap(({ value }) => value.split(","));
}

/** Splits the raw value at its commas, before decoding: a comma that is written `%2C` belongs to a value. */
function splitAtCommas({ raw }: Pair): string[] {
  return raw.split(",").map((part) => String(new URLSearchParams(`value=${part}`).get("value")));
}
