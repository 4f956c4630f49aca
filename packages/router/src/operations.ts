import { contracts, ingest, me, type AnyPromise, type Filter } from "@moja/contracts";
import type { z } from "zod";

/** What the router reads of a promise. */
export type Promised = AnyPromise & {
  path: string;
  method?: "POST";
  shape?: string;
  tag: string;
  example: { input: Record<string, unknown>; output: unknown };
  summary: string;
  description: string;
  row?: z.ZodObject;
  filters?: Record<string, Filter>;
  list?: { example: { output: unknown } };
};

/** Every promise by the name of its procedure. */
export const promises: Record<string, Promised> = {
  ...Object.fromEntries(
    Object.entries(contracts).flatMap(([report, named]) =>
      Object.entries(named).map(([name, promise]) => [`${report}.${name}`, promise as Promised]),
    ),
  ),
  "me.get": me.get,
  "ingest.push": ingest.push,
};

/** The parameters that a procedure takes. */
export function parametersOf(path: string | undefined): string[] {
  const promise = path !== undefined && Object.hasOwn(promises, path) ? promises[path] : undefined;
  return promise ? Object.keys((promise.input as z.ZodObject).shape) : [];
}
