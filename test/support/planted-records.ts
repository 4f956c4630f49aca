import { exampleRecords, records, unwrap } from "@moja/contracts";

type Row = Record<string, unknown>;

/** A schema as far as it is read here: what it is made of, and whether it takes a value. */
type Schema = Parameters<typeof unwrap>[0] & { safeParse: (value: unknown) => { success: boolean } };
type Definition = {
  type: string;
  /** A form that a text has, like that of a moment. */
  format?: string;
  entries?: Row;
  element: Schema;
  keyType: Schema;
  valueType: Schema;
  shape: Record<string, Schema>;
};
const definitionOf = (schema: Schema) => unwrap(schema)._zod.def as unknown as Definition;

/**
 * Fields that say nothing of a caller, by hand, so that what a contract calls harmless must not decide: ids that name
 * rows and parties, numbers that belong to the organization, and what is no text.
 */
const ownFields = /(?<!transaction|caller)_id$|^(dialed_number|destination_number)$/;

/** Where a text was planted, and where no field would take one. */
export type Planted = { record: Row; places: string[]; refused: string[] };

/** Every variant of every kind of record, with the schema of its fields and its example. */
export const variants = Object.values(records).flatMap(({ kind, schema }) =>
  ("options" in schema ? schema.options : [schema]).map((variant) => {
    const { shape } = variant as unknown as { shape: Record<string, Schema> };
    const direction = (shape["direction"] as { value?: string } | undefined)?.value;
    const example = exampleRecords.find(
      (each) => each.kind === kind && (direction === undefined || (each as Row)["direction"] === direction),
    ) as Row;
    return { name: direction ?? kind, schema, shape, example };
  }),
);

/**
 * A record with a text in each of its string fields, at any depth, as names of members too. Of several ways to write
 * the text, the first that a field takes.
 */
export function plantedRecord({ name, schema, shape, example }: (typeof variants)[number], texts: string[]): Planted {
  const places: string[] = [];
  const refused: string[] = [];
  const plant = (field: Schema, place: string): unknown => {
    const taken = plantedValue(field, (each, path) => {
      const text = texts.find((candidate) => each.safeParse(candidate).success);
      (text === undefined ? refused : places).push(`${place}${path}`);
      return text;
    });
    return taken;
  };
  const change = Object.fromEntries(
    Object.entries(shape)
      .filter(([field]) => field !== "kind" && field !== "direction" && !ownFields.test(field))
      .map(([field, of]) => [field, plant(of, `${name}.${field}`)])
      .filter(([, value]) => value !== undefined),
  ) as Row;
  const record = { ...example, ...change };
  const parsed = schema.safeParse(record);
  if (!parsed.success) throw new Error(`${name}: ${JSON.stringify(parsed)}`);
  return { record, places, refused };
}

type PlantText = (field: Schema, path: string) => string | undefined;

/** A value of a schema with texts in its strings; undefined where it has none. */
function plantedValue(schema: Schema, plant: PlantText, path = ""): unknown {
  const { type, format, element, keyType, valueType, shape } = definitionOf(schema);
  if (type === "string" && format === undefined) return plant(schema, path);
  if (type === "array") {
    const planted = plantedValue(element, plant, `${path}[]`);
    return planted === undefined ? undefined : [planted];
  }
  if (type === "record") {
    const key = plant(keyType, `${path}: name`);
    return key === undefined ? undefined : { [key]: plantedValue(valueType, plant, `${path}: value`) };
  }
  if (type === "object") return plantedObject(shape, plant, path);
  // JSON of any kind: it is a custom schema.
  if (type === "custom") {
    const text = plant(schema, path);
    return { [String(text)]: [{ within: text }] };
  }
  return undefined;
}

function plantedObject(shape: Record<string, Schema>, plant: PlantText, path: string): unknown {
  const members = Object.entries(shape).map(([name, field]): [string, unknown] => [
    name,
    plantedValue(field, plant, `${path}.${name}`) ?? leastValue(field),
  ]);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

/** A value of a field that holds no text: the first of those that it takes. */
function leastValue(field: Schema): unknown {
  const words = Object.values(definitionOf(field).entries ?? {});
  return [undefined, 1, 200, "POST", "2026-05-04T12:00:00.000Z", ...words].find(
    (each) => field.safeParse(each).success,
  );
}
