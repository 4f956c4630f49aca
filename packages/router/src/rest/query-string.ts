import { mayContainComma, type Issue } from "@moja/contracts";
import type { z } from "zod";

/** What a query string says, in the form that the adapter takes, and what is wrong with it. */
type ParsedQuery = { query: Record<string, string | string[]>; issues: Issue[] };

/** Reads a query string by its contract: lists are repeated or comma-separated alike; empty values and repeats of a single value are refused. */
export function parseQuery(input: z.ZodType, search: string, pathNames: string[]): ParsedQuery {
  const { shape } = input as z.ZodObject;
  const parameters = new URLSearchParams(search);
  const issues: Issue[] = [];
  const query: ParsedQuery["query"] = {};
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    const element = elementOf(field);
    if (name === "__proto__" || pathNames.includes(name))
      issues.push({
        path: name,
        message: pathNames.includes(name) ? "belongs in the path, not in the query" : "is not a parameter here",
      });
    else if (values.some((value) => value === ""))
      issues.push({ path: name, message: "is empty: give a value or leave it out" });
    else if (!field && Object.keys(shape).length === 0)
      issues.push({ path: name, message: "is not a parameter here: it takes none" });
    else if (element)
      query[name] = mayContainComma(element)
        ? splitAtCommas(search, name)
        : values.flatMap((value) => value.split(","));
    else if (values.length > 1)
      issues.push({ path: name, message: `is given ${values.length} times: it takes one value` });
    else query[name] = values;
  }
  for (const [name, values] of Object.entries(query)) {
    if (Array.isArray(values) && values.some((value) => value === ""))
      issues.push({ path: name, message: "has an empty value between its commas" });
  }
  return { query, issues };
}

/** A query as its contract takes it: what takes one value has it alone. */
export function toSingleValues(input: z.ZodObject, query: ParsedQuery["query"]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(query).map(([name, values]) => [name, elementOf(input.shape[name]) ? values : values[0]]),
  );
}

/** What a list is made of; undefined where the parameter is no list. */
function elementOf(field: z.core.$ZodType | undefined): z.ZodType | undefined {
  const inner = field && (field._zod.def as { innerType?: z.core.$ZodType }).innerType;
  const { type, element } = ((inner ?? field)?._zod.def ?? {}) as { type?: string; element?: z.ZodType };
  return type === "array" ? element : undefined;
}

/** The values of a parameter whose values may hold a comma: one that is written `%2C` separates nothing. */
function splitAtCommas(search: string, name: string): string[] {
  const pairs = search.split("&").filter((pair) => new URLSearchParams(pair).has(name));
  return pairs.flatMap((pair) =>
    pair
      .slice(pair.indexOf("=") + 1)
      .split(",")
      .map((part) => String(new URLSearchParams(`value=${part}`).get("value"))),
  );
}
