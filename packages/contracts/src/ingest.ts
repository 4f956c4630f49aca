import { z } from "zod";
import { Issue } from "./errors.ts";
import { Count } from "./fields.ts";
import { exampleRecords, RecordInput } from "./records/record.ts";

/** The most that one request brings. */
export const ingestMax = { records: 1000, bytes: 16 * 1024 * 1024, levels: 100 } as const;

const Receipt = z
  .strictObject({
    accepted: Count.meta({ title: "Accepted", description: "Records that are new, or newer than what was there." }),
    unchanged: Count.meta({ title: "Unchanged", description: "Records that were there already." }),
    superseded: Count.meta({ title: "Superseded", description: "Records older than what is there." }),
    refused: z
      .array(
        z
          .strictObject({
            index: Count.meta({
              title: "Index",
              description: "The record's place in the request, from 0.",
              examples: [3],
            }),
            code: z.enum(["invalid_record", "invalid_json"]).meta({
              title: "Code",
              description: "Whether the record breaks its contract, or its line is no JSON.",
              examples: ["invalid_record"],
            }),
            issues: z.array(Issue).meta({ title: "Issues", description: "What is wrong with it." }),
          })
          .meta({ id: "RefusedRecord", title: "Refused record", description: "A record that was not kept, and why." }),
      )
      .meta({ title: "Refused", description: "Records that were not kept; all others were." }),
  })
  .meta({
    id: "Receipt",
    title: "Receipt",
    description: "What became of each record. They are durable when it is there.",
  });

function batchOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    records: z
      .array(item)
      .min(1)
      .max(ingestMax.records)
      .meta({ title: "Records", description: "The records, in any order." }),
  });
}

/**
 * A request of records as the document shows it. What is accepted takes each record for itself, so that a bad one is
 * refused alone.
 */
export const RecordBatch = batchOf(RecordInput).meta({
  title: "Records, written",
  description: "A request of records. One that is refused does not keep the others out.",
});

const isOfKind = (record: RecordInput) => (other: RecordInput) => kindAndDirection(other) === kindAndDirection(record);

function kindAndDirection(record: RecordInput): string {
  return record.kind + ("direction" in record ? record.direction : "");
}

/** One record of each kind and direction. */
const oneOfEachKind = exampleRecords.filter((record, index) => exampleRecords.findIndex(isOfKind(record)) === index);

/** The write side: producers push records of any kind. */
export const ingest = {
  push: {
    path: "/v1/ingest",
    method: "POST",
    tag: "Internal",
    summary: "Push records",
    description:
      "For internal producers with a service key (`ingest:write`), which name the organization in " +
      "`X-Organization-Id`. Up to 1,000 records of any kind, told apart by `kind`, in 16 MiB, nested at most 100 " +
      "levels deep; JSON, or one record a line as `application/x-ndjson`; `Content-Encoding: gzip` is accepted. " +
      "Repeats and late deliveries are harmless: the newest `updated_at` wins. A record that is refused does not " +
      "keep the others out.",
    input: batchOf(z.unknown()),
    output: Receipt,
    example: {
      input: { records: oneOfEachKind },
      output: { accepted: oneOfEachKind.length, unchanged: 0, superseded: 0, refused: [] },
    },
  },
} as const;
