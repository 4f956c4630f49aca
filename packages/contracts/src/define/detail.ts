import { z } from "zod";
import { idInput, type ReportMetadata } from "./report.ts";

/** Declares the operation that returns one resource by its id. */
export function detail<const Key extends string, Output extends z.ZodType>(
  report: ReportMetadata & {
    id: Key;
    output: Output;
    example: { input: Record<NoInfer<Key>, string>; output: z.output<Output> };
  },
) {
  return { ...report, shape: "detail" as const, input: idInput(report.id) };
}
