import { Refusal } from "@moja/contracts";
import type { Scope, Stored, Table } from "../scope.ts";

/** One row by its id, which stands first in `where`; refused as not found when the organization has none, word for word as for an id that never was. */
export async function found(scope: Scope, table: Table, where: Record<string, string>): Promise<Stored> {
  const [stored] = await scope.from(table).select("*").where(where).limit(1);
  const [id = ""] = Object.keys(where);
  if (!stored) throw new Refusal("not_found", `There is no ${id.replace(/_id$/, "").replaceAll("_", " ")} with this id.`);
  return stored;
}
