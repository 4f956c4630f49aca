import { z } from "zod";
import { keyed, type About } from "./report.ts";

/** A detail: everything about one thing, by its id. */
export function detail<const Key extends string, Output extends z.ZodType>(
  report: About & {
    id: Key;
    output: Output;
    example: { input: Record<NoInfer<Key>, string>; output: z.output<Output> };
  },
) {
  return { ...report, shape: "detail" as const, input: keyed(report.id) };
}
