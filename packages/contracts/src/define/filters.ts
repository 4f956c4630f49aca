import { z } from "zod";
import { fieldOf, titleOf, unwrap } from "../fields.ts";
import { instantRange, parseDateOrInstant } from "../instants.ts";
import { reasonClassNames, ReasonCode } from "../reasons.ts";
import { objectFrom } from "../typed-object.ts";
import { spellingsDescription, yesOrNo } from "./boolean-parameter.ts";

/** How a filter compares its parameter with its column. */
export type FilterOperator = "any_of" | "at_least" | "at_most" | "yes_or_no" | "status_class" | "reason_class" | "tag";

/** One filter of a list. */
export type Filter<Input extends z.ZodType = z.ZodType> = {
  /** The schema of its parameter. */
  input: Input;
  /** The column that it compares with. */
  column: string;
  operator: FilterOperator;
  /** Whether a request with this filter and without `from` reaches over all time, instead of the last 30 days. */
  overAllTime?: true;
};

type ListParameter<Schema extends z.core.$ZodType> = z.ZodOptional<z.ZodArray<Schema>>;
type Unwrapped<Schema> = Schema extends z.ZodNullable<infer Inner> ? Unwrapped<Inner> : Schema;
type NumberParameter = z.ZodPipe<z.ZodTransform<number, number>, z.ZodNumber>;
type InputOf<Schema> =
  Unwrapped<Schema> extends z.ZodNumber
    ? NumberParameter
    : Unwrapped<Schema> extends z.ZodType
      ? Unwrapped<Schema>
      : never;

/** What the description of a filter over all time adds. */
const overAllTime = "Without `from` it reaches over all time.";

/** The maximum number of values of one filter. */
const filterValuesMax = 100;

/**
 * A number, also as the text of a query string. It is a pipe, because trpc-to-openapi switches on coercion for plain
 * numbers in both transports, which would accept null as 0 and true as 1.
 */
export function numberParameter(schema: z.ZodNumber): NumberParameter {
  const read = z.transform((value: number): number => {
    const raw: unknown = value;
    return typeof raw === "string" && /^-?\d+(\.\d+)?$/.test(raw) ? Number(raw) : value;
  });
  return read.pipe(schema);
}

/** An instant as callers write it: with time and offset, or a date, which is its first instant in `time_zone`. */
export const InstantParameter = z
  .string()
  .refine((text) => !Number.isNaN(parseDateOrInstant(text)), {
    error:
      "must be a date or a moment, like 2026-05-04 or 2026-05-04T12:00:00Z (an offset's + is written %2B in a URL)",
  })
  .refine((text) => {
    const ms = parseDateOrInstant(text);
    return !(ms < instantRange.from || ms > instantRange.to);
  }, "must be in the years 1970 to 9999, in UTC");

function listParameter<Schema extends z.core.$ZodType>(
  schema: Schema,
  meta: { title: string; description: string; examples?: unknown[] },
): ListParameter<Schema> {
  return z.array(schema).min(1).max(filterValuesMax).meta(meta).optional();
}

/** Returns the parameter of a filter by equality: the field itself, not null. */
function elementOf(row: z.core.$ZodShape, name: string): z.core.$ZodType {
  const field = unwrap(fieldOf(row, name));
  return field instanceof z.ZodNumber ? numberParameter(field) : field;
}

/** Returns whether a value of a schema may contain a comma, which separates the values of a query string. */
export function mayContainComma(schema: z.core.$ZodType): boolean {
  return ["a,b", "key:a,b"].some((text) => z.safeParse(schema, text).success);
}

/** A filter by equality for each field. `note` ends their descriptions. */
function equalityFilters(row: z.core.$ZodShape, names: string[], note = ""): [string, Filter][] {
  return names.map((name) => {
    const title = titleOf(row, name);
    const { examples } = fieldOf(row, name).meta() ?? {};
    const element = elementOf(row, name);
    const comma = mayContainComma(element) ? " A comma in a value is written `%2C` in a URL." : "";
    const input = listParameter(element, {
      title,
      description: `Only rows whose ${title} is one of these.${comma}${note}`,
      ...(Array.isArray(examples) && { examples: [examples.slice(0, 1)] }),
    });
    return [name, { input, column: name, operator: "any_of" }];
  });
}

type EqualityFilters<Row extends z.ZodRawShape, Name extends keyof Row> = {
  [K in Name]: Filter<ListParameter<InputOf<Row[K]>>>;
};

/** Filters by equality: one parameter per field, which matches any of its values. */
export function anyOf<Row extends z.ZodRawShape, Name extends keyof Row & string>(row: Row, ...names: Name[]) {
  return objectFrom<EqualityFilters<Row, Name>>(equalityFilters(row, names));
}

/** Filters by the ids of single things, a caller among them. They match few rows of any age: without `from` they reach over all time. */
export function anyIdOf<Row extends z.ZodRawShape, Name extends keyof Row & string>(row: Row, ...names: Name[]) {
  const filters = equalityFilters(row, names, ` ${overAllTime}`);
  return objectFrom<EqualityFilters<Row, Name>>(
    filters.map(([name, filter]) => [name, { ...filter, overAllTime: true }]),
  );
}

/** Filters by range, both ends inclusive: `<field>_min` and `<field>_max`. The fields must be numbers. */
export function range<Row extends z.ZodRawShape, Name extends keyof Row & string>(row: Row, ...names: Name[]) {
  const filters = names.flatMap((name) => {
    const title = titleOf(row, name);
    const field = unwrap(fieldOf(row, name));
    if (!(field instanceof z.ZodNumber)) throw new Error(`${name} is no number`);
    const bound = (word: string) =>
      numberParameter(field)
        .meta({ title: `${title}, ${word}`, description: `Only rows whose ${title} is known and at ${word} this.` })
        .optional();
    return [
      [`${name}_min`, { input: bound("least"), column: name, operator: "at_least" }] as const,
      [`${name}_max`, { input: bound("most"), column: name, operator: "at_most" }] as const,
    ];
  });
  return objectFrom<{ [K in `${Name}_min` | `${Name}_max`]: Filter<z.ZodOptional<NumberParameter>> }>(filters);
}

/** Filters by `yes` or `no`. */
export function booleanFilter<Row extends z.ZodRawShape, Name extends keyof Row & string>(row: Row, ...names: Name[]) {
  const filters = names.map((name) => {
    const title = titleOf(row, name);
    const input = yesOrNo()
      .meta({
        title,
        description: `Only rows whose ${title} is true (\`yes\`) or false (\`no\`). ${spellingsDescription}`,
      })
      .optional();
    return [name, { input, column: name, operator: "yes_or_no" }] as const;
  });
  return objectFrom<{ [K in Name]: Filter<z.ZodOptional<ReturnType<typeof yesOrNo>>> }>(filters);
}

/** The filters by the reason's code and by its class. */
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

/** The classes of HTTP statuses. */
export const statusClasses = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const;

/** The filter by the class of the HTTP status, like `5xx`. */
export const statusClassFilter = {
  http_status_class: {
    input: listParameter(z.enum(statusClasses), {
      title: "HTTP status class",
      description: "Only rows whose HTTP status is of one of these classes.",
      examples: [["5xx"]],
    }),
    column: "http_status",
    operator: "status_class",
  },
} as const satisfies Record<string, Filter>;

/** Whether a text is the key of a tag, or its key and value. */
function isTag(text: string): boolean {
  return /^[^:,\0]{1,64}(:[^\0]{0,255})?$/.test(text);
}

/** The filter by a call's tags. Takes every key and value that a call may have. */
export const tagFilter = {
  tag: {
    input: listParameter(z.string().refine(isTag, "must be a tag's key, or key:value"), {
      title: "Tag",
      description:
        "Only calls that carry one of these tags: `key` (with any value) or `key:value`, where all behind the first " +
        "colon is the value, also an empty one. A comma in a value is written `%2C` in a URL.",
      examples: [["quality:reviewed"]],
    }),
    column: "tags",
    operator: "tag",
  },
} as const satisfies Record<string, Filter>;

/** The filter by the last change, which finds late costs, payouts and conversions without reading every row again. */
export const updatedSinceFilter = {
  updated_since: {
    input: InstantParameter.meta({
      title: "Updated since",
      description: `Only rows whose \`updated_at\` is at or after this moment. ${overAllTime} A given window holds as well.`,
      examples: ["2026-05-04T00:00:00Z"],
    }).optional(),
    column: "updated_at",
    operator: "at_least",
    overAllTime: true,
  },
} as const satisfies Record<string, Filter>;
