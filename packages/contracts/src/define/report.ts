import { z } from "zod";
import { Id } from "../fields.ts";
import type { Tag } from "../operation-tags.ts";
import { objectFrom } from "../typed-object.ts";

/** The route and the documentation of an operation, whatever its shape. */
export type ReportMetadata = {
  /** The path of its REST route. */
  path: `/v1/${string}`;
  /** The tag that groups it in the OpenAPI document. */
  tag: Tag;
  /** What it does, in a few words. */
  summary: string;
  /** What it returns, for readers of the documentation. */
  description: string;
};

/** Returns the name of a schema in the OpenAPI document. */
export function schemaId(schema: z.ZodType): string {
  return String(schema.meta()?.id);
}

/** The input of an operation on one resource: its id. */
export function idInput<const Key extends string>(id: Key) {
  const field = Id.meta({ title: "Id", description: "The id, as the lists give it." });
  return z.strictObject(objectFrom<{ [K in Key]: typeof Id }>([[id, field]]));
}
