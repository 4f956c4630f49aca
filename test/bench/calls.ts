import { writeDemo } from "@moja/demo";
import { createKey, openDatabase, type Database } from "@moja/store";

/** The organization whose calls the benchmarks read. */
export const organization_id = "org_demo_enterprise";

/**
 * Fills a SQLite file with `calls` calls, the demo's repeated with ids and times of their own, and returns a key. A file
 * that has them already is left as it is.
 */
export async function prepareCalls(file: string, calls: number): Promise<string> {
  const database = await openDatabase(`sqlite:${file}`);
  if ((await countCalls(database)) !== calls) {
    await writeDemo(database, { calls: Math.min(calls, 2000), now: Date.now() });
    await repeatCalls(database, calls);
  }
  const key = await createKey(database, { organization_id, name: "bench", scopes: ["reports:read", "pii:read"] });
  await database.destroy();
  return key;
}

async function countCalls(database: Database): Promise<number> {
  const [counted] = await database("calls").where({ organization_id }).count<{ calls: number }[]>({ calls: "*" });
  return Number(counted?.calls);
}

async function repeatCalls(database: Database, calls: number): Promise<void> {
  const written = await countCalls(database);
  const columns: { name: string }[] = await database.raw("select name from pragma_table_info('calls')");
  const names = columns.map(({ name }) => name);
  const repeated: Record<string, string> = { call_log_id: "call_log_id || '_' || n", started_at: "started_at - n" };
  await database.raw(
    `with recursive copies(n) as (select 1 union all select n + 1 from copies where n < ?)
    insert into calls (${names.join(", ")})
    select ${names.map((name) => repeated[name] ?? name).join(", ")} from copies, calls where organization_id = ? limit ?`,
    [Math.ceil(calls / written), organization_id, calls - written],
  );
  await database.raw("pragma wal_checkpoint(truncate)");
}
