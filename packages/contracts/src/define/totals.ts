import { z } from "zod";
import { ApiError } from "../errors.ts";
import { kindOf, UsdSum, usdSumMax } from "../fields.ts";

/** Whether control totals are wanted, in words. */
export const TotalsParameter = z
  .enum(["true", "false"])
  .meta({
    title: "Totals",
    description:
      "`true` adds control totals: how many rows the whole window holds, and the exact sum of each of its money columns.",
    examples: ["true"],
  })
  .default("false");

/** The columns of a row that hold money. */
export function moneyColumns(row: z.core.$ZodShape): string[] {
  return Object.keys(row).filter((name) => kindOf(row[name] as z.core.$ZodType) === "usd");
}

const rows = z
  .int()
  .min(0)
  .meta({ title: "Rows", description: "How many rows the window holds.", examples: [120] });
const about = {
  title: "Control totals",
  description: "How many rows the whole window holds under the filters, and the sum of each money column.",
};

/** The control totals of rows without money. */
const RowTotals = z.strictObject({ rows }).meta({ id: "RowTotals", ...about });

/** The control totals of rows: how many there are, and the sum of each money column. */
export function totalsOf(row: z.core.$ZodShape, id: string) {
  const sums = moneyColumns(row).map((name) => {
    const { title = name } = z.globalRegistry.get(row[name] as z.core.$ZodType) ?? {};
    return [
      name,
      UsdSum.meta({
        title,
        description: `The sum of ${title} over the rows where it is known, exact to the micro-dollar.`,
        examples: [1234.56789],
      }),
    ] as const;
  });
  const totals =
    sums.length === 0
      ? RowTotals
      : z.strictObject({ rows, ...Object.fromEntries(sums) }).meta({ id: `${id}Totals`, ...about });
  return totals as z.ZodObject<{ rows: typeof rows } & Record<string, z.ZodNumber>>;
}

/** The totals of a count of rows and the sums of their money columns in micro-dollars; refused where a JSON number would not hold a sum exactly. */
export function exactTotals(rows: number, micros: Record<string, number>): { rows: number } & Record<string, number> {
  const [tooLarge] = Object.entries(micros).find(([, sum]) => Math.abs(sum) > usdSumMax * 1e6) ?? [];
  if (tooLarge !== undefined) throw inexactSumError("totals", `The sum of \`${tooLarge}\``);
  return { rows, ...Object.fromEntries(Object.entries(micros).map(([name, sum]) => [name, sum / 1e6])) };
}

/** The refusal of a sum that would not be exact. */
export function inexactSumError(path: string, what: string): ApiError {
  return new ApiError("invalid_request", undefined, [
    { path, message: `${what} is beyond ${usdSumMax} USD, where it would not be exact: choose a shorter window` },
  ]);
}
