import { hash } from "node:crypto";
import { ApiError, recordKinds, type RecordKind } from "@moja/contracts";
import type { Knex } from "knex";
import { findOrganization, keyedHashOf } from "./auth/organizations.ts";
import { isPostgres, type Database } from "./database/dialect.ts";
import type { StoredRow, StoredValue } from "./database/row-types.ts";
import { eraseRow } from "./ingest/erase-row.ts";
import { erasedCaller, ErasedCallers } from "./ingest/erased-callers.ts";
import { callerFinder, type Erased } from "./ingest/erased-rows.ts";
import { layouts } from "./ingest/row-layout.ts";
import { markHoursSql, tagColumns } from "./ingest/upsert-sql.ts";
import { refreshAllRollups } from "./rollups/refresh.ts";

/** How many rows are read at once, and written in one transaction. */
const rowsPerBatch = 200;

/** Whom to erase, and whether to do it: else it is only counted what would change. */
export type ErasureRequest = { organization_id: string; number: string; apply: boolean };

/** What the erasure of one caller works with. */
type Erasure = ErasureRequest & Erased & { caller_ref: string };

/** A row before and after its erasure; `key` and `digest` find it. */
type ErasedRow = { key: Record<string, StoredValue>; digest: StoredValue; values: StoredValue[] };

/**
 * Takes a caller's number, postal code, recordings and bodies out of an organization's tables, and the number out of
 * every text, however it is spelled; says how many rows changed in each table. Rows, their money and `caller_ref` stay.
 * What is kept of the caller lets a record of before be erased when it is pushed again.
 */
export async function eraseCaller(database: Database, request: ErasureRequest): Promise<Record<string, number>> {
  const { organization_id, number, apply } = request;
  const organization = await findOrganization(database, organization_id);
  if (!organization) throw new ApiError("not_found", `There is no organization ${organization_id}.`);
  const keyedHash = keyedHashOf(organization);
  const caller = erasedCaller(keyedHash, number, Date.now());
  const callers = new ErasedCallers([caller], keyedHash);
  // From here on records that are pushed are erased, so that none slips in behind the tables that are done.
  if (apply)
    await database("erased_callers")
      .insert({ organization_id, ...caller })
      .onConflict(["organization_id", "caller_ref"])
      .merge();
  const callerOf = await callerFinder(database, organization_id, [caller.caller_ref]);
  const erasure = { ...request, callers, callerOf, caller_ref: caller.caller_ref };
  const changed: Record<string, number> = {};
  for (const kind of recordKinds) changed[layouts[kind].table] = await eraseTable(database, kind, erasure);
  if (apply) {
    await refreshAllRollups(database);
    if (!isPostgres(database)) await removeTraces(database);
  }
  return changed;
}

/** Erases a kind's rows, in the order of their key, and returns how many changed. */
async function eraseTable(database: Database, kind: RecordKind, erasure: Erasure): Promise<number> {
  const { table, key } = layouts[kind];
  const { organization_id, apply } = erasure;
  let changed = 0;
  for (let last: StoredValue[] | undefined; ;) {
    const rows: StoredRow[] = await database(table)
      .where({ organization_id })
      .modify(
        (after) => void (last && after.whereRaw(`(${key.join(", ")}) > (${key.map(() => "?").join(", ")})`, last)),
      )
      .orderBy([...key])
      .limit(rowsPerBatch);
    const erased = rows.flatMap((row) => erasedRow(kind, row, erasure) ?? []);
    if (apply && erased.length > 0)
      await database.transaction(async (transaction) => {
        for (const each of erased) await writeErased(transaction, kind, { organization_id, ...each });
      });
    changed += erased.length;
    if (rows.length < rowsPerBatch) return changed;
    last = key.map((name) => rows.at(-1)?.[name] ?? null);
  }
}

/** A row as it is to be stored; undefined where nothing in it is the caller's. */
function erasedRow(
  kind: RecordKind,
  row: StoredRow,
  { callers, callerOf, caller_ref }: Erasure,
): ErasedRow | undefined {
  const { key, columns } = layouts[kind];
  const before = columns.map((name) => row[name] ?? null);
  // Whatever is stored now is erased, also what has a time to come.
  const values = eraseRow(kind, before, { callers, at: 0, isCallers: callerOf(row) === caller_ref });
  if (JSON.stringify(values) === JSON.stringify(before)) return undefined;
  const keyOf = Object.fromEntries(key.map((name) => [name, row[name] ?? null]));
  return { key: keyOf, digest: row["digest"] ?? null, values };
}

/**
 * Writes an erased row, with the digest that ingest gives to the same record, so that it counts as unchanged when it is
 * pushed again. A row that was written meanwhile is left: it was erased on its way in.
 */
async function writeErased(
  transaction: Knex.Transaction,
  kind: RecordKind,
  { organization_id, key, digest, values }: ErasedRow & { organization_id: string },
): Promise<void> {
  const { table, columns } = layouts[kind];
  const updated = Object.fromEntries(columns.map((name, index) => [name, values[index] ?? null]));
  const written = await transaction(table)
    .where({ organization_id, ...key, digest })
    .update({ ...updated, digest: hash("sha256", JSON.stringify(values), "base64url") });
  if (kind !== "call" || written === 0) return;
  const { call_log_id = null } = key;
  const tags: Record<string, string> = JSON.parse(String(updated["tags"]));
  await transaction("call_tags").where({ organization_id, call_log_id }).delete();
  const rows = Object.entries(tags).map(([tag_key, tag_value]) => [organization_id, tag_key, tag_value, call_log_id]);
  for (const row of rows)
    await transaction("call_tags").insert(Object.fromEntries(tagColumns.map((name, index) => [name, row[index]])));
  await transaction.raw(markHoursSql("organization_id = ? and call_log_id = ?", "''"), [organization_id, call_log_id]);
}

/** Rewrites SQLite's file, whose free pages still hold what was deleted and updated, and empties its log. */
async function removeTraces(database: Database): Promise<void> {
  await database.raw("vacuum");
  await database.raw("pragma wal_checkpoint(truncate)");
}
