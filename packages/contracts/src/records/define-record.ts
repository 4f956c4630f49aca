import { z } from "zod";
import { kindOf, unwrap, type Instant } from "../fields.ts";
import { InstantInput } from "../instants.ts";

/** A rule of a record: the field that its issue names, the test, and what is wrong when the test fails. */
export type Rule<Fields> = readonly [field: string, holds: (record: Fields) => boolean, message: string];

/** The fields of a record. The newest `updated_at` wins, so every record has one. */
type RecordShape = z.ZodRawShape & { updated_at: typeof Instant };

/** Fields as producers write them: a nullable field may be left out, and is then null. */
type WithNullDefaults<Shape extends z.ZodRawShape> = {
  [K in keyof Shape]: Shape[K] extends z.ZodNullable ? z.ZodDefault<Shape[K]> : Shape[K];
};

type Written<Shape extends RecordShape> = z.input<z.ZodObject<WithNullDefaults<Shape>>>;
type Valid<Shape extends RecordShape> = z.output<z.ZodObject<Shape>>;

/** How the document names and describes a schema. */
type Documentation = { id: `${string}Record`; title: string; description: string };

/** The fields of a kind of record, or of one direction of it. */
type Variant<Shape extends RecordShape> = Documentation & {
  /** The field that holds the record's own time: a row older than what is kept is deleted by it. */
  at: keyof Shape & string;
  fields: Shape;
  rules?: Rule<Valid<Shape>>[];
};

/**
 * A column that is computed from a record when it is stored; a method, because each takes records of its own kind
 * only.
 */
type ComputedColumn<Fields> = { field: z.ZodType; compute(record: Fields): unknown };

/** What the store reads of a kind of record: its table, its key, and each direction's columns. */
export type RecordDefinition = {
  kind: string;
  table: string;
  /** The columns that identify a row besides its organization. */
  key: readonly string[];
  schema: z.ZodType;
  /** One without a direction, or one for each direction. */
  variants: readonly { direction: string; at: string; shape: Record<string, z.ZodType> }[];
  computed: Record<string, ComputedColumn<Record<string, unknown>>>;
};

/**
 * Declares a kind of record. Its table is `<kind>s`; its ingest schema, columns, retention and examples follow from
 * this.
 */
export function defineRecord<const Kind extends string, Shape extends RecordShape>({
  kind,
  key,
  computed = {},
  examples,
  ...variant
}: Variant<Shape> & {
  kind: Kind;
  key: readonly (keyof Shape & string)[];
  computed?: Record<string, ComputedColumn<Valid<Shape>>>;
  /** Records of the example organization; the examples of the reports answer from them. */
  examples: readonly Written<Shape>[];
}) {
  const schema = schemaOf(kind, variant);
  return {
    kind,
    table: `${kind}s` as const,
    key,
    schema,
    variants: [storedVariant(variant)],
    computed,
    examples: examples.map((example) => ({ kind, ...example })),
  };
}

/** Declares a kind of record that has two directions in one table, told apart by `direction`. */
export function defineRecordOfDirections<
  const Kind extends string,
  First extends RecordShape & { direction: z.ZodLiteral<string> },
  Second extends RecordShape & { direction: z.ZodLiteral<string> },
>({
  kind,
  key,
  directions: [first, second],
  examples,
  ...documentation
}: Documentation & {
  kind: Kind;
  key: readonly (keyof First & keyof Second & string)[];
  directions: [Variant<First>, Variant<Second>];
  examples: readonly (Written<First> | Written<Second>)[];
}) {
  const schemas = [schemaOf(kind, first), schemaOf(kind, second)] as const;
  return {
    kind,
    table: `${kind}s` as const,
    key,
    schema: z.discriminatedUnion("direction", schemas).meta(documentation),
    variants: [storedVariant(first), storedVariant(second)],
    computed: {},
    examples: examples.map((example) => ({ kind, ...example })),
  };
}

/** The schema of what producers write: strict, with its kind and its rules. */
function schemaOf<const Kind extends string, Shape extends RecordShape>(
  kind: Kind,
  { id, title, description, fields: shape, rules = [] }: Variant<Shape>,
) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `fromEntries` forgets which name has which schema
  const fields = Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [name, inputOf(field)]),
  ) as WithNullDefaults<Shape>;
  const kindField = z.literal(kind).meta({ title: "Kind", description: "What kind of record it is." });
  return z
    .strictObject({ kind: kindField, ...fields })
    .superRefine((record, context) => {
      for (const [field, isValid, message] of rules) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a null default does not change a field's output
        if (!isValid(record as unknown as Valid<Shape>)) context.addIssue({ code: "custom", path: [field], message });
      }
    })
    .meta({ id, title, description });
}

/** A field as producers write it: an instant with any offset; null where a nullable one is left out. */
function inputOf(field: z.core.$ZodType): z.core.$ZodType {
  const isNullable = field instanceof z.ZodNullable;
  if (!(unwrap(field) instanceof z.ZodISODateTime)) return isNullable ? field.default(null) : field;
  const meta = { ...InstantInput.meta(), ...(field instanceof z.ZodType && field.meta()) };
  return isNullable ? InstantInput.nullable().meta(meta).default(null) : InstantInput.meta(meta);
}

function storedVariant<Shape extends RecordShape>({ at, fields }: Variant<Shape>) {
  const { direction } = fields;
  const shape: Record<string, z.ZodType> = {};
  for (const [name, field] of Object.entries(fields)) if (field instanceof z.ZodType) shape[name] = field;
  if (shape[at] === undefined || kindOf(shape[at]) !== "instant") throw new Error(`${at} is no instant`);
  return { direction: direction instanceof z.ZodLiteral ? String(direction.value) : "", at, shape };
}
