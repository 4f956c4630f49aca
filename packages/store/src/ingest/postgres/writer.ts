import type { Knex } from "knex";
import type { Database } from "../../database/dialect.ts";
import type { StoredValue } from "../../database/row-types.ts";
import {
  rollupColumns,
  rollupSteps,
  rollupValues,
  upsertRollups,
  type FourHourSlot,
  type RollupSpec,
  type RollupStep,
} from "../../rollups/compute.ts";
import { layouts, type RowBatch, type RowToWrite, type WriteOutcome } from "../row-layout.ts";
import { columnsOf, keyOf, markHoursSql, tagColumns, tagRows, upsertSql } from "../upsert-sql.ts";

type SelectedRow = Record<string, StoredValue>;

/** Writes batches on PostgreSQL: one statement for all rows of a kind, which travel as one JSON text. */
export function writeOnPostgres(database: Database, batches: RowBatch[]): Promise<WriteOutcome[]> {
  return database.transaction(async (transaction) => {
    const outcomes: WriteOutcome[] = [];
    for (const batch of batches) outcomes.push(await writeBatch(transaction, batch));
    return outcomes;
  });
}

/** How many calls are read at once: all of a busy hour would hold up other requests meanwhile. */
const callsPerFetch = 1000;

/** Rolls up four hours on PostgreSQL. Those who roll up one organization's calls take turns, by its row: they would lock each other out of the marks. */
export async function computeRollupsOnPostgres(
  database: Database,
  spec: RollupSpec,
  slot: FourHourSlot,
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction("organizations").where({ organization_id: slot.organization_id }).forNoKeyUpdate();
    const steps = rollupSteps(spec, slot);
    for (let step = steps.next(); !step.done;)
      step = steps.next(await executeStep(transaction, step.value, spec, slot));
  });
}

async function executeStep(
  transaction: Knex.Transaction,
  step: RollupStep,
  spec: RollupSpec,
  slot: FourHourSlot,
): Promise<StoredValue[][]> {
  const rowsOf = async (sql: string, bindings: StoredValue[] = []) => {
    const { rows } = (await transaction.raw(sql, bindings as Knex.Value[])) as { rows: SelectedRow[] };
    return rows.map((row) => Object.values(row));
  };
  if (step === "fetch next") {
    const rows = await rowsOf(`fetch ${callsPerFetch} from rolled_up`);
    if (rows.length === 0) await transaction.raw("close rolled_up");
    return rows;
  }
  if ("open" in step) {
    await transaction.raw(`declare rolled_up no scroll cursor for ${step.open}`, step.bindings as Knex.Value[]);
    return executeStep(transaction, "fetch next", spec, slot);
  }
  if ("run" in step) return rowsOf(step.run, step.bindings);
  const columns = rollupColumns(spec.parts);
  await transaction.raw(upsertRollups(step.table, spec.parts, rowsFromJson(step.table, columns)), [
    toJsonRows(
      columns,
      step.rollups.map((each) => rollupValues(slot.organization_id, each)),
    ),
  ]);
  return [];
}

async function writeBatch(transaction: Knex.Transaction, { kind, rows }: RowBatch): Promise<WriteOutcome> {
  const { table, key } = layouts[kind];
  const all = (sql: string) =>
    transaction.raw(sql, [
      toJsonRows(
        columnsOf(kind),
        rows.map(({ values }) => values),
      ),
    ]) as Promise<{ rows: SelectedRow[] }>;
  const idOf = (row: SelectedRow) => key.map((name) => row[name]).join("\n");
  const { rows: written } = await all(
    `${upsertSql(rowsFromJson(table, columnsOf(kind)), kind, '"C"')} returning ${key.join(", ")}`,
  );
  const writtenIds = new Set(written.map(idOf));
  if (kind === "call")
    await writeDependents(
      transaction,
      rows.filter(({ id }) => writtenIds.has(id)),
    );
  if (written.length === rows.length) return rows.map(() => null);
  const { rows: existing } = await all(
    `select ${key.join(", ")}, digest from ${table} where (${keyOf(kind).join(", ")}) in (${rowsFromJson(table, keyOf(kind))})`,
  );
  const digests = new Map(existing.map((row) => [idOf(row), String(row["digest"])]));
  return rows.map(({ id }) => (writtenIds.has(id) ? null : (digests.get(id) ?? "")));
}

/** What follows from calls that were written: their tags, and marks of their own transaction, for which no writer waits. */
async function writeDependents(transaction: Knex.Transaction, calls: RowToWrite[]): Promise<void> {
  const written = [calls[0]?.values[0] ?? null, calls.map(({ id }) => id)];
  await transaction.raw(
    markHoursSql("organization_id = ? and call_log_id = any(?)", "(select gen_random_uuid()::text)"),
    written,
  );
  await transaction.raw("delete from call_tags where organization_id = ? and call_log_id = any(?)", written);
  await transaction.raw(`insert into call_tags (${tagColumns.join(", ")}) ${rowsFromJson("call_tags", tagColumns)}`, [
    toJsonRows(tagColumns, calls.flatMap(tagRows)),
  ]);
}

/** Reads rows from a parameter of JSON text, by the table's own types. */
function rowsFromJson(table: string, columns: string[]): string {
  return `select ${columns.join(", ")} from json_populate_recordset(null::${table}, ?)`;
}

function toJsonRows(columns: string[], rows: StoredValue[][]): string {
  return JSON.stringify(rows.map((values) => Object.fromEntries(columns.map((name, index) => [name, values[index]]))));
}
