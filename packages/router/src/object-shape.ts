import { z } from "zod";

/** Fields of an object schema, by name. A contract whose input is no object is a mistake in the contract. */
export function shapeOf(schema: z.core.$ZodType): z.core.$ZodShape {
  if (!(schema instanceof z.ZodObject)) throw new Error("The input of a contract must be an object");
  return schema.shape;
}
