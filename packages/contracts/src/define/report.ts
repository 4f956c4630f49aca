import { z } from "zod";
import { Id } from "../fields.ts";
import type { Tag } from "../operation-tags.ts";

/** The words that every promise carries, whatever its shape. */
export type ReportMetadata = { path: `/v1/${string}`; tag: Tag; summary: string; description: string };

/** The name of a schema in the document. */
export function schemaId(schema: z.ZodType): string {
  return String(schema.meta()?.id);
}

export function idInput<const Key extends string>(id: Key) {
  const shape = { [id]: Id.meta({ title: "Id", description: "The id, as the lists give it." }) } as {
    [K in Key]: typeof Id;
  };
  return z.strictObject(shape);
}
