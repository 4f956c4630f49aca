import { records } from "@moja/contracts";
import { disableStatementTimeout, isPostgres, type Database } from "./database/dialect.ts";
import { hourSql } from "./database/hours.ts";
import { markHoursBefore, refreshAllRollups } from "./rollups/refresh.ts";

/**
 * Deletes what is older than a moment, in every organization, and says how many rows went from each table. Nothing of
 * it is left in the roll-ups.
 */
export async function purge(database: Database, before: number): Promise<Record<string, number>> {
  const deleted: Record<string, number> = {};
  await database.transaction(async (transaction) => {
    if (isPostgres(database)) await disableStatementTimeout(transaction);
    const mark = await markHoursBefore(transaction, before);
    // On PostgreSQL calls are written meanwhile, and moved: those of other hours stay until the next time.
    const marked = transaction("call_marks")
      .where({ mark })
      .whereRaw(`call_marks.organization_id = calls.organization_id and hour = ${hourSql("calls.started_at")}`);
    for (const { table, variants } of Object.values(records))
      deleted[table] = await transaction(table)
        // A row has the time of its own direction; the other one's is null.
        .where((older) => void variants.map(({ at }) => older.orWhere(at, "<", before)))
        .modify((older) => void (table === "calls" && older.whereExists(marked)))
        .delete();
    const orphaned = transaction("calls")
      .whereRaw("calls.organization_id = call_tags.organization_id and calls.call_log_id = call_tags.call_log_id")
      .select(transaction.raw("1"));
    deleted["call_tags"] = await transaction("call_tags").whereNotExists(orphaned).delete();
  });
  await refreshAllRollups(database);
  return deleted;
}
