import { Refusal } from "@moja/contracts";
import type { Scope, Stored, Table } from "../scope.ts";

/** One row by its id; refused as not found when the organization has none, word for word as for an id that never was. */
export async function found(scope: Scope, table: Table, where: Record<string, string>): Promise<Stored> {
  const [stored] = await scope.from(table).select("*").where(where).limit(1);
  if (!stored) throw new Refusal("not_found", `There is no ${Object.keys(where).map((name) => name.replace(/_id$/, "").replaceAll("_", " ")).join(" or ")} with this id.`);
  return stored;
}
