import { exampleRecords, records, unwrap } from "@moja/contracts";
import { z } from "zod";

type Row = Record<string, unknown>;
type Schema = z.core.$ZodType;

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
    const shape = (variant as unknown as { shape: Record<string, z.ZodType> }).shape;
    const direction = "direction" in shape ? String((shape["direction"] as z.ZodLiteral).value) : undefined;
    const example = exampleRecords.find(
      (each) => each.kind === kind && (direction === undefined || (each as Row)["direction"] === direction),
    ) as Row;
    return { name: direction ?? kind, schema: schema as z.ZodType, shape, example };
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
      const text = texts.find((candidate) => z.safeParse(each, candidate).success);
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
  const { error } = schema.safeParse(record);
  if (error) throw new Error(`${name}: ${z.prettifyError(error)}`);
  return { record, places, refused };
}

type PlantText = (field: Schema, path: string) => string | undefined;

/** A value of a schema with texts in its strings; undefined where it has none. */
function plantedValue(schema: Schema, plant: PlantText, path = ""): unknown {
  const field = unwrap(schema);
  if (field instanceof z.ZodString) return plant(field, path);
  if (field instanceof z.ZodArray) {
    const element = plantedValue(field.element, plant, `${path}[]`);
    return element === undefined ? undefined : [element];
  }
  if (field instanceof z.ZodRecord) {
    const key = plant(field.keyType, `${path}: name`);
    return key === undefined ? undefined : { [key]: plantedValue(field.valueType, plant, `${path}: value`) };
  }
  if (field instanceof z.ZodObject) return plantedObject(field, plant, path);
  // JSON of any kind: it is a custom schema.
  if (field instanceof z.ZodCustom) {
    const text = plant(field, path);
    return { [String(text)]: [{ within: text }] };
  }
  return undefined;
}

function plantedObject(object: z.ZodObject, plant: PlantText, path: string): unknown {
  const members = Object.entries(object.shape).map(([name, field]): [string, unknown] => [
    name,
    plantedValue(field, plant, `${path}.${name}`) ?? leastValue(field),
  ]);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

/** A value of a field that holds no text: the first of those that it takes. */
function leastValue(field: Schema): unknown {
  const words = Object.values((unwrap(field)._zod.def as { entries?: Row }).entries ?? {});
  return [undefined, 1, 200, "POST", "2026-05-04T12:00:00.000Z", ...words].find(
    (each) => z.safeParse(field, each).success,
  );
}
