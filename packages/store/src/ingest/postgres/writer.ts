import type { Knex } from "knex";
import type { Database } from "../../database/dialect.ts";
import type { StoredValue } from "../../database/row-types.ts";
import {
  replaceRollUps,
  rollUp,
  rollUpColumns,
  rollUpValues,
  type FourHours,
  type Plan,
  type Step,
} from "../../rollups/compute.ts";
import { layouts, type Batch, type Outcome, type Row } from "../row-layout.ts";
import { columnsOf, keyOf, markFrom, tagColumns, tagRows, upsertFrom } from "../upsert-sql.ts";

type Found = Record<string, StoredValue>;

/** Writes batches on PostgreSQL: one statement for all rows of a kind, which travel as one JSON text. */
export function writeOnPostgres(database: Database, batches: Batch[]): Promise<Outcome[]> {
  return database.transaction(async (transaction) => {
    const outcomes: Outcome[] = [];
    for (const batch of batches) outcomes.push(await writeBatch(transaction, batch));
    return outcomes;
  });
}

/** How many calls are read at once: all of a busy hour would hold up other requests meanwhile. */
const callsAtOnce = 1000;

/** Rolls up four hours on PostgreSQL. Those who roll up one organization's calls take turns, by its row: they would lock each other out of the marks. */
export async function rollUpOnPostgres(database: Database, plan: Plan, four: FourHours): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction("organizations").where({ organization_id: four.organization_id }).forNoKeyUpdate();
    const steps = rollUp(plan, four);
    for (let step = steps.next(); !step.done;) step = steps.next(await take(transaction, step.value, plan, four));
  });
}

async function take(transaction: Knex.Transaction, step: Step, plan: Plan, four: FourHours): Promise<StoredValue[][]> {
  const rowsOf = async (sql: string, bindings: StoredValue[] = []) => {
    const { rows } = (await transaction.raw(sql, bindings as Knex.Value[])) as { rows: Found[] };
    return rows.map((row) => Object.values(row));
  };
  if (step === "read on") {
    const rows = await rowsOf(`fetch ${callsAtOnce} from rolled_up`);
    if (rows.length === 0) await transaction.raw("close rolled_up");
    return rows;
  }
  if ("open" in step) {
    await transaction.raw(`declare rolled_up no scroll cursor for ${step.open}`, step.bindings as Knex.Value[]);
    return take(transaction, "read on", plan, four);
  }
  if ("run" in step) return rowsOf(step.run, step.bindings);
  const columns = rollUpColumns(plan.parts);
  await transaction.raw(replaceRollUps(step.table, plan.parts, given(step.table, columns)), [
    asJson(
      columns,
      step.rollUps.map((each) => rollUpValues(four.organization_id, each)),
    ),
  ]);
  return [];
}

async function writeBatch(transaction: Knex.Transaction, { kind, rows }: Batch): Promise<Outcome> {
  const { table, key } = layouts[kind];
  const all = (sql: string) =>
    transaction.raw(sql, [
      asJson(
        columnsOf(kind),
        rows.map(({ values }) => values),
      ),
    ]) as Promise<{ rows: Found[] }>;
  const idOf = (row: Found) => key.map((name) => row[name]).join("\n");
  const { rows: written } = await all(
    `${upsertFrom(given(table, columnsOf(kind)), kind, '"C"')} returning ${key.join(", ")}`,
  );
  const writtenIds = new Set(written.map(idOf));
  if (kind === "call")
    await follow(
      transaction,
      rows.filter(({ id }) => writtenIds.has(id)),
    );
  if (written.length === rows.length) return rows.map(() => null);
  const { rows: there } = await all(
    `select ${key.join(", ")}, digest from ${table} where (${keyOf(kind).join(", ")}) in (${given(table, keyOf(kind))})`,
  );
  const digests = new Map(there.map((row) => [idOf(row), String(row["digest"])]));
  return rows.map(({ id }) => (writtenIds.has(id) ? null : (digests.get(id) ?? "")));
}

/** What follows from calls that were written: their tags, and marks of their own transaction, for which no writer waits. */
async function follow(transaction: Knex.Transaction, calls: Row[]): Promise<void> {
  const written = [calls[0]?.values[0] ?? null, calls.map(({ id }) => id)];
  await transaction.raw(
    markFrom("organization_id = ? and call_log_id = any(?)", "(select gen_random_uuid()::text)"),
    written,
  );
  await transaction.raw("delete from call_tags where organization_id = ? and call_log_id = any(?)", written);
  await transaction.raw(`insert into call_tags (${tagColumns.join(", ")}) ${given("call_tags", tagColumns)}`, [
    asJson(tagColumns, calls.flatMap(tagRows)),
  ]);
}

/** Reads rows from a parameter of JSON text, by the table's own types. */
function given(table: string, columns: string[]): string {
  return `select ${columns.join(", ")} from json_populate_recordset(null::${table}, ?)`;
}

function asJson(columns: string[], rows: StoredValue[][]): string {
  return JSON.stringify(rows.map((values) => Object.fromEntries(columns.map((name, index) => [name, values[index]]))));
}
