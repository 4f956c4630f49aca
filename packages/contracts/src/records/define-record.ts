import { z } from "zod";

/** A law of a record: the field it speaks of, the test, and what it takes. */
export type Rule<Fields> = readonly [field: string, holds: (record: Fields) => boolean, message: string];

/** Fields as producers write them: a nullable field may be left out, and is then null. */
type WithNullDefaults<Shape extends z.ZodRawShape> = {
  [K in keyof Shape]: Shape[K] extends z.ZodNullable ? z.ZodDefault<Shape[K]> : Shape[K];
};

/** A kind of record as producers write it: strict, with its name in the document and its laws. */
export function defineRecord<const Kind extends string, Shape extends z.ZodRawShape>(
  kind: Kind,
  about: { id: `${string}Record`; title: string; description: string },
  shape: Shape,
  rules: Rule<z.output<z.ZodObject<Shape>>>[] = [],
) {
  const fields = Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [name, field instanceof z.ZodNullable ? field.default(null) : field]),
  ) as WithNullDefaults<Shape>;
  const kindField = z.literal(kind).meta({ title: "Kind", description: "What kind of record it is." });
  return z
    .strictObject({ kind: kindField, ...fields })
    .superRefine((record, context) => {
      for (const [field, isValid, message] of rules) {
        if (!isValid(record as unknown as z.output<z.ZodObject<Shape>>))
          context.addIssue({ code: "custom", path: [field], message });
      }
    })
    .meta(about);
}
