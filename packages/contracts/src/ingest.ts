import { z } from "zod";
import { exampleRecords } from "./example.ts";
import { Issue } from "./refusals.ts";
import { Count } from "./vocabulary.ts";

/** The most that one request brings. */
export const ingestMax = { records: 1000, bytes: 16 * 1024 * 1024, levels: 100 } as const;

/** Whether a record nests deeper than one may: what recurses through it, here or at a reader, would run out of stack. */
export function nestsTooDeep(value: unknown, levels: number = ingestMax.levels): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => nestsTooDeep(each, levels - 1));
}

const Receipt = z
  .strictObject({
    accepted: Count.meta({ title: "Accepted", description: "Records that are new, or newer than what was there." }),
    unchanged: Count.meta({ title: "Unchanged", description: "Records that were there already." }),
    superseded: Count.meta({ title: "Superseded", description: "Records older than what is there." }),
    refused: z
      .array(
        z.strictObject({
          index: Count.meta({ title: "Index", description: "The record's place in the request, from 0." }),
          code: z.enum(["invalid_record", "invalid_json"]).meta({ title: "Code", description: "Whether the record breaks its contract, or its line is no JSON." }),
          issues: z.array(Issue).meta({ title: "Issues", description: "What is wrong with it." }),
        }),
      )
      .meta({ title: "Refused", description: "Records that were not kept; all others were." }),
  })
  .meta({ id: "Receipt", title: "Receipt", description: "What became of each record. They are durable when it is there." });

/** The write side: producers push records of any kind. */
export const ingest = {
  push: {
    path: "/v1/ingest",
    method: "POST",
    tag: "Internal",
    summary: "Push records",
    description: "For internal producers with a service key (`ingest:write`), which name the organization in `X-Organization-Id`. Up to 1,000 records of any kind, told apart by `kind`, in 16 MiB, nested at most 100 levels deep; JSON, or one record a line as `application/x-ndjson`; `Content-Encoding: gzip` is accepted. Repeats and late deliveries are harmless: the newest `updated_at` wins. A record that is refused does not keep the others out.",
    input: z.strictObject({
      records: z
        .array(z.unknown().meta({ title: "Record", description: "A record: `kind` is `call`, `call_event`, `rtb_request`, `rtb_event`, `webhook_request` or `webhook_attempt`; the other fields are those that readers get." }))
        .min(1)
        .max(ingestMax.records)
        .meta({ title: "Records", description: "The records, in any order." }),
    }),
    output: Receipt,
    example: { input: { records: exampleRecords.slice(0, 2) }, output: { accepted: 2, unchanged: 0, superseded: 0, refused: [] } },
  },
} as const;
