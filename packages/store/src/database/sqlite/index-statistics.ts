import type { Knex } from "knex";
import type { Database } from "../dialect.ts";

type Index = { tbl: string; idx: string; columns: number; second: string | null };
type StatisticsRow = { tbl: string; idx: string; stat: string };

/** Columns whose values have few rows each. */
const selectiveColumns = new Set([
  "caller_id",
  "caller_ref",
  "phone_number",
  "call_log_id",
  "request_id",
  "auction_id",
  "inbound_request_id",
  "outbound_request_id",
  "transaction_id",
]);

/**
 * An index's row of `sqlite_stat1`: its number of rows, then how many match by its first column, its first two, and so
 * on.
 */
function statisticsOf({ columns, second }: Index): string {
  const matching = [1_000_000, 100_000, selectiveColumns.has(String(second)) ? 20 : 1000, 10];
  return [...matching.slice(0, columns), 1].join(" ");
}

/**
 * Writes the statistics of SQLite's indexes, unless they are there already. Without them the planner prefers the index
 * by time to one by publisher, and scans a whole window for the few calls of one. They are the same for every database,
 * instead of what `ANALYZE` finds there on the day, so that plans stay as they were tested
 * (https://www.sqlite.org/fileformat2.html#stat1tab).
 */
export async function writeIndexStatistics(database: Database): Promise<void> {
  const indexes: Index[] = await database.raw(`
    select t.name as tbl, i.name as idx, (select count(*) from pragma_index_info(i.name)) as columns,
      (select name from pragma_index_info(i.name) where seqno = 1) as second
    from sqlite_schema as t, pragma_index_list(t.name) as i where t.type = 'table' order by idx`);
  const expected = indexes.map((index) => ({ tbl: index.tbl, idx: index.idx, stat: statisticsOf(index) }));
  if (JSON.stringify(await readIndexStatistics(database)) === JSON.stringify(expected)) return;
  await database.transaction(async (transaction) => {
    // Creates the table that the planner reads, without analyzing much.
    await transaction.raw("pragma analysis_limit = 1");
    await transaction.raw("analyze");
    await transaction("sqlite_stat1").delete();
    for (const each of expected) await transaction("sqlite_stat1").insert(each);
  });
  await database.raw("analyze sqlite_schema");
}

async function readIndexStatistics(database: Knex): Promise<StatisticsRow[]> {
  if (!(await database.schema.hasTable("sqlite_stat1"))) return [];
  return database<StatisticsRow>("sqlite_stat1").select("tbl", "idx", "stat").orderBy("idx");
}
