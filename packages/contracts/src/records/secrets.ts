import { z } from "zod";
import { FreeText, Json, Text, Url } from "../fields.ts";

/**
 * Where a secret may stand in a value, and so how it is removed before the value is stored: anywhere in a text, in a
 * URL's query or user, in an HTTP body, under the name of a name-value pair, of a JSON member, of a tag or of a change.
 */
export type SecretPlace = "text" | "url" | "body" | "name_values" | "json" | "tags" | "change";

const places = z.registry<{ place: SecretPlace }>();
places.add(Text, { place: "text" });
places.add(FreeText, { place: "text" });
places.add(Url, { place: "url" });
places.add(Json, { place: "json" });

/** Says where a secret may stand in values of a schema. Clones made by `.meta()` inherit it. */
export function secretsIn<Schema extends z.ZodType>(place: SecretPlace, schema: Schema): Schema {
  places.add(schema, { place });
  return schema;
}

/** Where a secret may stand in values of a schema; undefined where its parts say so, or where none can. */
export function secretPlaceOf(schema: z.core.$ZodType): SecretPlace | undefined {
  return places.get(schema)?.place;
}
