import { maskOf, unwrap } from "@moja/contracts";
import type { z } from "zod";

type Mask = (value: unknown) => unknown;
type Def = { type: string; shape?: z.core.$ZodShape; element?: z.core.$ZodType; options?: z.core.$ZodType[] };

/** What masks the personal data in values of a schema; undefined where the schema has none. Made once per schema. */
export function createMask(schema: z.core.$ZodType): Mask | undefined {
  const inner = unwrap(schema);
  const ownMask = (maskOf(schema) ?? maskOf(inner)) as Mask | undefined;
  const mask = ownMask ?? maskNested(inner);
  return mask && ((value) => (value === null || value === undefined ? value : mask(value)));
}

function maskNested(schema: z.core.$ZodType): Mask | undefined {
  const { type, shape, element, options } = schema._zod.def as unknown as Def;
  if (type === "object" && shape) return maskObject(shape);
  if (type === "array" && element) {
    const mask = createMask(element);
    return mask && ((value) => (value as unknown[]).map(mask));
  }
  if (type === "union" && options) return maskUnion(options);
  return undefined;
}

function maskObject(shape: z.core.$ZodShape): Mask | undefined {
  const masks = Object.entries(shape).flatMap(([name, field]): [string, Mask][] => {
    const mask = createMask(field);
    return mask ? [[name, mask]] : [];
  });
  if (masks.length === 0) return undefined;
  return (value) => {
    const masked = { ...(value as Record<string, unknown>) };
    for (const [name, mask] of masks) masked[name] = mask(masked[name]);
    return masked;
  };
}

/** A union's variants are told apart by their `direction`. */
function maskUnion(options: z.core.$ZodType[]): Mask {
  const variants = options.map((option) => ({
    direction: (option._zod.def as unknown as Def).shape?.["direction"],
    mask: createMask(option),
  }));
  return (value) => {
    const { direction } = value as { direction: string };
    const variant = variants.find(
      (each) => each.direction && (each.direction as z.ZodType).safeParse(direction).success,
    );
    return variant?.mask ? variant.mask(value) : value;
  };
}
