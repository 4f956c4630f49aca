import { z } from "zod";
import { fieldOf } from "../fields.ts";
import { reasonClassNames, ReasonCode } from "../reasons.ts";
import { objectFrom } from "../typed-object.ts";
import { statusClasses } from "./filters.ts";

/**
 * How a dimension derives from its column: the value itself, the class of an HTTP status, or a reason's code or class.
 */
type DimensionReading = "value" | "status_class" | "reason_code" | "reason_class";

/** What a summary can be grouped by. */
export type Dimension<Field extends z.ZodType = z.ZodType> = {
  /** The schema of its value on the wire. */
  field: Field;
  /** The column that it derives from. */
  column: string;
  reading: DimensionReading;
  /** The column of the name, where the dimension is an id. */
  name?: string;
};

type NameOf<Name extends string> = Name extends `${infer Stem}_id` ? `${Stem}_name` : never;

/**
 * Dimensions by the values of a row's columns. An id includes its name where the row has one. Take no personal data
 * here: groups are not masked.
 */
export function dimensionsFrom<Row extends z.ZodRawShape, Name extends keyof Row & string>(row: Row, ...names: Name[]) {
  const dimensions = names.map((column): [string, Dimension] => {
    const name = column.replace(/_id$/, "_name");
    return [
      column,
      {
        field: fieldOf(row, column),
        column,
        reading: "value",
        ...(name !== column && name in row && { name }),
      },
    ];
  });
  return objectFrom<{ [K in Name]: Dimension<Row[K] & z.ZodType> & { name?: NameOf<K> } }>(dimensions);
}

/** The dimension by the class of the HTTP status. */
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

/** The dimensions by the reason's code and by its class. */
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
