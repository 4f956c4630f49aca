import { maskOf, unwrap } from "@moja/contracts";
import { z } from "zod";

/** Masks the personal data in a value. */
type Mask = (value: unknown) => unknown;

/** What masks the personal data in values of a schema; undefined where the schema has none. Made once per schema. */
export function createMask<Value>(schema: z.core.$ZodType): ((value: Value) => Value) | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a mask gives a value of the same schema
  return maskOfSchema(schema) as ((value: Value) => Value) | undefined;
}

function maskOfSchema(schema: z.core.$ZodType): Mask | undefined {
  const inner = unwrap(schema);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a schema's own mask takes its own values
  const ownMask = (maskOf(schema) ?? maskOf(inner)) as Mask | undefined;
  const mask = ownMask ?? maskNested(inner);
  return mask && ((value) => (value === null || value === undefined ? value : mask(value)));
}

function maskNested(schema: z.core.$ZodType): Mask | undefined {
  if (schema instanceof z.ZodObject) return maskObject(schema.shape);
  if (schema instanceof z.ZodArray) {
    const mask = maskOfSchema(schema.element);
    return mask && ((value) => (Array.isArray(value) ? value.map(mask) : value));
  }
  return schema instanceof z.ZodUnion ? maskUnion(schema.options) : undefined;
}

function maskObject(shape: z.core.$ZodShape): Mask | undefined {
  const masks = Object.entries(shape).flatMap(([name, field]): [string, Mask][] => {
    const mask = maskOfSchema(field);
    return mask ? [[name, mask]] : [];
  });
  if (masks.length === 0) return undefined;
  return (value) => {
    if (typeof value !== "object") return value;
    const masked: Record<string, unknown> = { ...value };
    for (const [name, mask] of masks) masked[name] = mask(masked[name]);
    return masked;
  };
}

/**
 * A union's variants are told apart by their `direction`: others could not be masked, and are refused when the server
 * starts.
 */
function maskUnion(options: readonly z.core.$ZodType[]): Mask | undefined {
  const variants = options.map((option) => ({
    direction: option instanceof z.ZodObject ? option.shape["direction"] : undefined,
    mask: maskOfSchema(option),
  }));
  if (variants.every(({ mask }) => !mask)) return undefined;
  if (variants.some(({ direction }) => !direction)) throw new Error("A union with personal data needs a direction");
  return (value) => {
    if (typeof value !== "object" || value === null || !("direction" in value)) return value;
    const { direction } = value;
    const variant = variants.find((each) => each.direction && z.safeParse(each.direction, direction).success);
    return variant?.mask ? variant.mask(value) : value;
  };
}
