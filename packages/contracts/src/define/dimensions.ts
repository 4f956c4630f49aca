import { z } from "zod";
import { reasonClassNames, ReasonCode } from "../reasons.ts";

/** How a dimension is read from its column: as it is, as the class of its HTTP status, or as its reason's code or class. */
type DimensionReading = "value" | "status_class" | "reason_code" | "reason_class";

/** What a summary can be grouped by: its value on the wire, the column that holds it, and the column of its name where it is an id. */
export type Dimension<Field extends z.ZodType = z.ZodType> = {
  field: Field;
  column: string;
  reading: DimensionReading;
  name?: string;
};

type NameOf<Name extends string> = Name extends `${infer Stem}_id` ? `${Stem}_name` : never;

/** The classes of HTTP statuses. */
const statusClasses = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const;

/** Dimensions that are columns of a row. An id brings its name along where the row has one. Personal data is no dimension. */
export function dimensionsFrom<Row extends z.ZodRawShape, Name extends keyof Row & string>(row: Row, ...names: Name[]) {
  const dimensions = names.map((column): [string, Dimension] => {
    const name = column.replace(/_id$/, "_name");
    return [
      column,
      {
        field: row[column] as unknown as z.ZodType,
        column,
        reading: "value",
        ...(name !== column && name in row && { name }),
      },
    ];
  });
  return Object.fromEntries(dimensions) as { [K in Name]: Dimension<Row[K] & z.ZodType> & { name?: NameOf<K> } };
}

/** By the class of the HTTP status. */
export const statusClassDimension = {
  http_status_class: {
    field: z
      .enum(statusClasses)
      .nullable()
      .meta({
        title: "HTTP status class",
        description: "The class of the HTTP status; null when there was none.",
        examples: ["2xx"],
      }),
    column: "http_status",
    reading: "status_class",
  },
} as const satisfies Record<string, Dimension>;

/** By the reason's code, and by its class. */
export const reasonDimensions = {
  reason_code: {
    field: ReasonCode.nullable().meta({
      title: "Reason code",
      description: "The number of the reason; null when there is none.",
      examples: [301],
    }),
    column: "reason",
    reading: "reason_code",
  },
  reason_class: {
    field: z
      .enum(reasonClassNames)
      .nullable()
      .meta({
        title: "Reason class",
        description: "The class of the reason; null when there is none.",
        examples: ["rejected"],
      }),
    column: "reason",
    reading: "reason_class",
  },
} as const satisfies Record<string, Dimension>;
