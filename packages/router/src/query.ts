import type { Issue } from "@moja/contracts";
import type { z } from "zod";

/** What a query string says, in the form that the adapter takes, and what is wrong with it. */
type Read = { query: Record<string, string | string[]>; issues: Issue[] };

/** Reads a query string by its contract: lists are repeated or comma-separated alike; empty values and repeats of a single value are refused. */
export function readQuery(input: z.ZodType, given: URLSearchParams, pathNames: string[]): Read {
  const { shape } = input as z.ZodObject;
  const issues: Issue[] = [];
  const query: Read["query"] = {};
  for (const name of new Set(given.keys())) {
    const values = given.getAll(name);
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (name === "__proto__" || pathNames.includes(name)) issues.push({ path: name, message: pathNames.includes(name) ? "belongs in the path, not in the query" : "is not a parameter here" });
    else if (values.some((value) => value === "")) issues.push({ path: name, message: "is empty: give a value or leave it out" });
    else if (!field && Object.keys(shape).length === 0) issues.push({ path: name, message: "is not a parameter here: it takes none" });
    else if (isList(field)) query[name] = values.flatMap((value) => value.split(","));
    else if (values.length > 1) issues.push({ path: name, message: `is given ${values.length} times: it takes one value` });
    else query[name] = values;
  }
  for (const [name, values] of Object.entries(query)) {
    if (Array.isArray(values) && values.some((value) => value === "")) issues.push({ path: name, message: "has an empty value between its commas" });
  }
  return { query, issues };
}

function isList(field: z.core.$ZodType | undefined): boolean {
  const inner = field && (field._zod.def as { innerType?: z.core.$ZodType }).innerType;
  return (inner ?? field)?._zod.def.type === "array";
}
