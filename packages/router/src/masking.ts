import { maskOf, unwrap, type MaskContext } from "@moja/contracts";
import { z } from "zod";

/** Masks the personal data in a value. */
export type Mask<Value> = (value: Value, context: MaskContext) => Value;

type AnyMask = (value: unknown, context: MaskContext, holder?: Record<string, unknown>) => unknown;

/** What masks the personal data in values of a schema; undefined where the schema has none. Made once per schema. */
export function createMask<Value>(schema: z.core.$ZodType): Mask<Value> | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a mask gives a value of the same schema
  return maskOfSchema(schema) as Mask<Value> | undefined;
}

function maskOfSchema(schema: z.core.$ZodType): AnyMask | undefined {
  const inner = unwrap(schema);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a schema's own mask takes its own values
  const ownMask = (maskOf(schema) ?? maskOf(inner)) as AnyMask | undefined;
  const mask = ownMask ?? maskNested(inner);
  return (
    mask && ((value, context, holder) => (value === null || value === undefined ? value : mask(value, context, holder)))
  );
}

function maskNested(schema: z.core.$ZodType): AnyMask | undefined {
  if (schema instanceof z.ZodObject) return maskObject(schema.shape);
  if (schema instanceof z.ZodArray) {
    const mask = maskOfSchema(schema.element);
    return mask && ((value, context) => (Array.isArray(value) ? value.map((each) => mask(each, context)) : value));
  }
  return schema instanceof z.ZodUnion ? maskUnion(schema.options) : undefined;
}

function maskObject(shape: z.core.$ZodShape): AnyMask | undefined {
  const masks = Object.entries(shape).flatMap(([name, field]): [string, AnyMask][] => {
    const mask = maskOfSchema(field);
    return mask ? [[name, mask]] : [];
  });
  if (masks.length === 0) return undefined;
  return (value, context) => {
    if (typeof value !== "object") return value;
    const holder: Record<string, unknown> = { ...value };
    const masked = { ...holder };
    // A group of a summary has the dimensions alone that were asked for.
    for (const [name, mask] of masks) if (name in masked) masked[name] = mask(masked[name], context, holder);
    return masked;
  };
}

/**
 * A union's variants are told apart by their `direction`: others could not be masked, and are refused when the server
 * starts.
 */
function maskUnion(options: readonly z.core.$ZodType[]): AnyMask | undefined {
  const variants = options.map((option) => ({
    direction: option instanceof z.ZodObject ? option.shape["direction"] : undefined,
    mask: maskOfSchema(option),
  }));
  if (variants.every(({ mask }) => !mask)) return undefined;
  if (variants.some(({ direction }) => !direction)) throw new Error("A union with personal data needs a direction");
  return (value, context) => {
    if (typeof value !== "object" || value === null || !("direction" in value)) return value;
    const { direction } = value;
    const variant = variants.find((each) => each.direction && z.safeParse(each.direction, direction).success);
    return variant?.mask ? variant.mask(value, context) : value;
  };
}
