import { z } from "zod";
import { Instant, unwrap } from "../fields.ts";
import { reasonClassNames, ReasonCode } from "../reasons.ts";

/** How a filter compares its parameter with its column. */
export type FilterOperator = "any_of" | "at_least" | "at_most" | "yes_or_no" | "status_class" | "reason_class" | "tag";

/** One filter of a list: its parameter, the column it looks at, and how. */
export type Filter<Input extends z.ZodType = z.ZodType> = { input: Input; column: string; operator: FilterOperator };

type ListParameter<Schema extends z.ZodType> = z.ZodOptional<z.ZodArray<Schema>>;
type Bare<Schema> = Schema extends z.ZodNullable<infer Inner> ? Bare<Inner> : Schema;
type NumberParameter = z.ZodPipe<z.ZodTransform<number, number>, z.ZodNumber>;
type InputOf<Schema> =
  Bare<Schema> extends z.ZodNumber ? NumberParameter : Bare<Schema> extends z.ZodType ? Bare<Schema> : never;

/** The most values that one filter takes. */
const filterValuesMax = 100;

/**
 * A number that may arrive as text in a query string. It is a pipe because trpc-to-openapi switches coercion on in plain
 * numbers for both transports, and then takes null for 0 and true for 1.
 */
export function numberParameter(schema: z.ZodNumber): NumberParameter {
  const read = z.transform((value: number): number => {
    const raw: unknown = value;
    return typeof raw === "string" && /^-?\d+(\.\d+)?$/.test(raw) ? Number(raw) : value;
  });
  return read.pipe(schema);
}

/** The moments that a window may name, in milliseconds: beyond them an answer could not write its own window. */
const instantRange = { from: 0, to: Date.UTC(10_000, 0, 1) - 1 } as const;

/** A moment as callers may write it: a date (its first moment in the time zone asked for) or a date with time and offset. */
export const InstantParameter = z
  .string()
  .refine((text) => z.iso.date().safeParse(text).success || z.iso.datetime({ offset: true }).safeParse(text).success, {
    error:
      "must be a date or a moment, like 2026-05-04 or 2026-05-04T12:00:00Z (an offset's + is written %2B in a URL)",
  })
  .refine(
    (text) => !(Date.parse(text) < instantRange.from || Date.parse(text) > instantRange.to),
    "must be in the years 1970 to 9999, in UTC",
  );

function listParameter<Schema extends z.ZodType>(
  schema: Schema,
  meta: { title: string; description: string; examples?: unknown[] },
): ListParameter<Schema> {
  return z.array(schema).min(1).max(filterValuesMax).meta(meta).optional();
}

function describedField(row: z.core.$ZodShape, name: string) {
  const field = row[name];
  if (!field) throw new Error(`The row has no field ${name}`);
  const { title = name, examples } = z.globalRegistry.get(field) ?? {};
  return {
    field: unwrap(field) as z.ZodType,
    title,
    examples: Array.isArray(examples) ? examples.slice(0, 1) : undefined,
  };
}

/** Whether a value may hold a comma, which separates values in a query string. */
export function mayContainComma(schema: z.ZodType): boolean {
  return schema.safeParse("a,b").success;
}

/** Filters by equality: one parameter a field, any of several values. */
export function anyOf<Row extends z.ZodRawShape, Name extends keyof Row & string>(row: Row, ...names: Name[]) {
  const filters = names.map((name) => {
    const { field, title, examples } = describedField(row, name);
    const element = field instanceof z.ZodNumber ? numberParameter(field) : field;
    const comma = mayContainComma(element) ? " A comma in a value is written `%2C` in a URL." : "";
    const input = listParameter(element, {
      title,
      description: `Only rows whose ${title} is one of these.${comma}`,
      ...(examples && { examples: [examples] }),
    });
    return [name, { input, column: name, operator: "any_of" }];
  });
  return Object.fromEntries(filters) as { [K in Name]: Filter<ListParameter<InputOf<Row[K]>>> };
}

/** Filters by range, both ends inclusive: `<field>_min` and `<field>_max`. */
export function range<Row extends z.ZodRawShape, Name extends keyof Row & string>(row: Row, ...names: Name[]) {
  const filters = names.flatMap((name) => {
    const { field, title } = describedField(row, name);
    const bound = (word: string) =>
      numberParameter(field as z.ZodNumber)
        .meta({ title: `${title}, ${word}`, description: `Only rows whose ${title} is known and at ${word} this.` })
        .optional();
    return [
      [`${name}_min`, { input: bound("least"), column: name, operator: "at_least" }],
      [`${name}_max`, { input: bound("most"), column: name, operator: "at_most" }],
    ];
  });
  return Object.fromEntries(filters) as {
    [K in `${Name}_min` | `${Name}_max`]: Filter<z.ZodOptional<NumberParameter>>;
  };
}

/** Filters by yes or no. Words, because the REST adapter would take the text `false` for true. */
export function booleanFilter<Row extends z.ZodRawShape, Name extends keyof Row & string>(row: Row, ...names: Name[]) {
  const filters = names.map((name) => {
    const { title } = describedField(row, name);
    const input = z
      .enum(["yes", "no"])
      .meta({ title, description: `Only rows whose ${title} is true (\`yes\`) or false (\`no\`).` })
      .optional();
    return [name, { input, column: name, operator: "yes_or_no" }];
  });
  return Object.fromEntries(filters) as { [K in Name]: Filter<z.ZodOptional<z.ZodEnum<{ yes: "yes"; no: "no" }>>> };
}

/** Filters by the reason's code and by its class. */
export const reasonFilters = {
  reason_code: {
    input: listParameter(numberParameter(ReasonCode), {
      title: "Reason code",
      description: "Only rows whose reason has one of these codes.",
      examples: [[301]],
    }),
    column: "reason",
    operator: "any_of",
  },
  reason_class: {
    input: listParameter(z.enum(reasonClassNames), {
      title: "Reason class",
      description: "Only rows whose reason is of one of these classes.",
      examples: [["rejected"]],
    }),
    column: "reason",
    operator: "reason_class",
  },
} as const satisfies Record<string, Filter>;

/** Filters by the HTTP status's class, like `5xx`. */
export const statusClassFilter = {
  http_status_class: {
    input: listParameter(z.enum(["1xx", "2xx", "3xx", "4xx", "5xx"]), {
      title: "HTTP status class",
      description: "Only rows whose HTTP status is of one of these classes.",
      examples: [["5xx"]],
    }),
    column: "http_status",
    operator: "status_class",
  },
} as const satisfies Record<string, Filter>;

/** Filters by a call's tags. */
export const tagFilter = {
  tag: {
    input: listParameter(z.string().regex(/^[^:,\0]{1,64}(:[^,\0]{1,255})?$/, "must be a tag's key, or key:value"), {
      title: "Tag",
      description: "Only calls that carry one of these tags: `key` (with any value) or `key:value`.",
      examples: [["quality:reviewed"]],
    }),
    column: "tags",
    operator: "tag",
  },
} as const satisfies Record<string, Filter>;

/** Only what changed since a moment: late costs, payouts and conversions are found without reading everything again. */
export const updatedSinceFilter = {
  updated_since: {
    input: InstantParameter.meta({
      title: "Updated since",
      description:
        "Only rows whose `updated_at` is at or after this moment. The window `from`-`to` holds as well, so give a `from` that reaches back far enough.",
      examples: ["2026-05-04T00:00:00Z"],
    }).optional(),
    column: "updated_at",
    operator: "at_least",
  },
} as const satisfies Record<string, Filter>;

/** The instants among filter values are written as the wire writes them. */
export function toCanonicalInstant(text: string): z.output<typeof Instant> {
  return new Date(text).toISOString();
}
