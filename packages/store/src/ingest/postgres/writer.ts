import type { Knex } from "knex";
import type { Database } from "../../database/dialect.ts";
import type { StoredRow, StoredValue } from "../../database/row-types.ts";
import { replaceSql, type WriteProgram, type WriteStep } from "../../database/write-program.ts";
import { layouts, type RowBatch, type RowToWrite, type WriteOutcome } from "../row-layout.ts";
import { columnsOf, keyOf, markHoursSql, tagColumns, tagRows, upsertSql } from "../upsert-sql.ts";

/** Writes batches on PostgreSQL: one statement for all rows of a kind, which it receives as one JSON text. */
export function writeOnPostgres(database: Database, batches: RowBatch[]): Promise<WriteOutcome[]> {
  return database.transaction(async (transaction) => {
    const outcomes: WriteOutcome[] = [];
    for (const batch of batches) outcomes.push(await writeBatch(transaction, batch));
    return outcomes;
  });
}

/**
 * Runs a write program on PostgreSQL. Programs of one organization take turns by a lock on its row; they would
 * otherwise deadlock on the rows that they change.
 */
export async function runProgramOnPostgres<Input extends { organization_id: string }>(
  database: Database,
  program: WriteProgram<Input>,
  input: Input,
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction("organizations").where({ organization_id: input.organization_id }).forNoKeyUpdate();
    const steps = program.steps(input);
    for (let step = steps.next(); !step.done;) step = steps.next(await executeStep(transaction, step.value));
  });
}

/** Rows per fetch: the calls of a busy hour would block other requests if they were read at once. */
const rowsPerFetch = 1000;

async function executeStep(transaction: Knex.Transaction, step: WriteStep): Promise<StoredValue[][]> {
  const valuesOf = async (sql: string, bindings?: Knex.RawBinding[]) =>
    (await select(transaction, sql, bindings)).map((row) => Object.values(row));
  if (step === "fetch next") {
    const rows = await valuesOf(`fetch ${rowsPerFetch} from rolled_up`);
    if (rows.length === 0) await transaction.raw("close rolled_up");
    return rows;
  }
  if ("open" in step) {
    await select(transaction, `declare rolled_up no scroll cursor for ${step.open}`, step.bindings);
    return executeStep(transaction, "fetch next");
  }
  if ("run" in step) return valuesOf(step.run, step.bindings);
  const { table, columns, rows } = step.replace;
  return valuesOf(replaceSql(step.replace, rowsFromJson(table, columns)), [toJsonRows(columns, rows)]);
}

async function writeBatch(transaction: Knex.Transaction, { kind, rows }: RowBatch): Promise<WriteOutcome> {
  const { table, key } = layouts[kind];
  const columns = columnsOf(kind);
  const values = rows.map((row) => row.values);
  const idOf = (row: StoredRow) => key.map((name) => row[name]).join("\n");

  const upsert = `${upsertSql(rowsFromJson(table, columns), kind, '"C"')} returning ${key.join(", ")}`;
  const written = await select(transaction, upsert, [toJsonRows(columns, values)]);
  const writtenIds = new Set(written.map(idOf));
  const writtenRows = rows.filter(({ id }) => writtenIds.has(id));
  if (kind === "call") await writeDependents(transaction, writtenRows);
  if (written.length === rows.length) return rows.map(() => null);

  const keys = rowsFromJson(table, keyOf(kind));
  const digestsSql = `select ${key.join(", ")}, digest from ${table} where (${keyOf(kind).join(", ")}) in (${keys})`;
  const existing = await select(transaction, digestsSql, [toJsonRows(columns, values)]);
  const digests = new Map(existing.map((row) => [idOf(row), String(row["digest"])]));
  return rows.map(({ id }) => (writtenIds.has(id) ? null : (digests.get(id) ?? "")));
}

/**
 * Writes the tags of calls, and marks their hours. A mark of its own per transaction spares writers waiting for one.
 */
async function writeDependents(transaction: Knex.Transaction, calls: RowToWrite[]): Promise<void> {
  const written = "organization_id = ? and call_log_id = any(?)";
  const bindings = [calls[0]?.values[0] ?? null, calls.map(({ id }) => id)];
  await transaction.raw(markHoursSql(written, "(select gen_random_uuid()::text)"), bindings);
  await transaction.raw(`delete from call_tags where ${written}`, bindings);
  await transaction.raw(`insert into call_tags (${tagColumns.join(", ")}) ${rowsFromJson("call_tags", tagColumns)}`, [
    toJsonRows(tagColumns, calls.flatMap(tagRows)),
  ]);
}

async function select(
  transaction: Knex.Transaction,
  sql: string,
  bindings: Knex.RawBinding[] = [],
): Promise<StoredRow[]> {
  const { rows }: { rows: StoredRow[] } = await transaction.raw(sql, bindings);
  return rows;
}

/** Selects rows from a parameter of JSON text, with the table's own types. */
function rowsFromJson(table: string, columns: readonly string[]): string {
  return `select ${columns.join(", ")} from json_populate_recordset(null::${table}, ?)`;
}

function toJsonRows(columns: readonly string[], rows: StoredValue[][]): string {
  return JSON.stringify(rows.map((values) => Object.fromEntries(columns.map((name, index) => [name, values[index]]))));
}
