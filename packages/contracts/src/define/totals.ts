import { z } from "zod";
import { ApiError } from "../errors.ts";
import { fieldOf, isSummed, kindOf, titleOf, UsdSum, usdSumMax } from "../fields.ts";
import { objectFrom } from "../typed-object.ts";
import { spellingsDescription, trueOrFalse } from "./boolean-parameter.ts";

/** The parameter `totals`. */
export const TotalsParameter = trueOrFalse()
  .meta({
    title: "Totals",
    description:
      "`true` adds control totals: how many rows the whole window holds, " +
      `and the exact sum of each of its amounts. ${spellingsDescription}`,
    examples: ["true"],
  })
  .default("false");

/** Returns the names of a row's columns that hold amounts of money, but for those whose sum says nothing. */
export function moneyColumns(row: z.core.$ZodShape): string[] {
  return Object.keys(row).filter((name) => {
    const field = fieldOf(row, name);
    return kindOf(field) === "usd" && isSummed(field);
  });
}

const rows = z
  .int()
  .min(0)
  .meta({ title: "Rows", description: "How many rows the window holds.", examples: [120] });
const totalsMeta = {
  title: "Control totals",
  description:
    "How many rows the whole window holds under the filters, and the sum of each amount. Rates, like a cost per minute, " +
    "and what all bids of one auction repeat are not added up.",
};

type TotalsSchema = z.ZodObject<{ rows: typeof rows } & Record<string, z.ZodNumber>, z.core.$strict>;

function totalsSchema(sums: Record<string, z.ZodNumber>, id: string): TotalsSchema {
  return z.strictObject({ rows, ...sums }).meta({ id, ...totalsMeta });
}

/** The control totals of rows without money: one schema, because the OpenAPI document takes each name once. */
const RowTotals = totalsSchema({}, "RowTotals");

/** The schema of a list's control totals. `id` is the name of its row's schema. */
export function totalsOf(row: z.core.$ZodShape, id: string): TotalsSchema {
  const columns = moneyColumns(row);
  return columns.length === 0
    ? RowTotals
    : totalsSchema(objectFrom(columns.map((name) => [name, sumOf(titleOf(row, name))])), `${id}Totals`);
}

function sumOf(title: string): typeof UsdSum {
  return UsdSum.meta({
    title,
    description: `The sum of ${title} over the rows where it is known, exact to the micro-dollar.`,
    examples: [1234.56789],
  });
}

/**
 * Converts a count of rows and the sums of their money columns, in micro-dollars, to control totals in USD. Rejects a
 * sum that a JSON number cannot hold exactly.
 */
export function exactTotals(rows: number, micros: Record<string, number>): { rows: number } & Record<string, number> {
  const [tooLarge] = Object.entries(micros).find(([, sum]) => Math.abs(sum) > usdSumMax * 1e6) ?? [];
  if (tooLarge !== undefined) throw inexactSumError("totals", `The sum of \`${tooLarge}\``);
  return { rows, ...Object.fromEntries(Object.entries(micros).map(([name, sum]) => [name, sum / 1e6])) };
}

/** The error for a sum that a JSON number cannot hold exactly. `what` begins its sentence with what was summed. */
export function inexactSumError(path: string, what: string): ApiError {
  return new ApiError("invalid_request", undefined, [
    { path, message: `${what} is beyond ${usdSumMax} USD, where it would not be exact: choose a shorter window` },
  ]);
}
