import { createHash } from "node:crypto";
import { recordKinds, records, type Issue, type RecordKind } from "@moja/contracts";
import type { Knex } from "knex";
import type { Database } from "./database.ts";
import type { Stored } from "./scope.ts";
import { columnsOf, storedFrom, tables, type ValidRecord } from "./tables.ts";

/** A record that was refused: its place in the batch, and what is wrong with it. */
type RefusedRecord = { index: number; code: "invalid_record" | "invalid_json"; issues: Issue[] };

/** What became of a batch: records kept, records that were there already, records older than what is there, and records refused. */
export type Receipt = { accepted: number; unchanged: number; superseded: number; refused: RefusedRecord[] };

type Row = Stored & { digest: string; updated_at: number };

/** The most rows in one statement: SQLite takes 32,766 parameters. */
const rowsMax = 200;

/**
 * Writes an organization's records in one transaction: the only way in. A record is identified by its id, the newer
 * `updated_at` wins (of equals the greater digest), so late and repeated deliveries in any order end in the same rows.
 * A record that breaks its contract is refused by itself; a SyntaxError stands for a record that was no JSON. The batch is durable when the receipt is there.
 */
export async function record(database: Database, organization_id: string, given: readonly unknown[]): Promise<Receipt> {
  const { valid, refused } = sift(given);
  const receipt: Receipt = { accepted: 0, unchanged: 0, superseded: 0, refused };
  const batches = Map.groupBy(valid, ({ kind }) => kind);
  await database.transaction(async (transaction) => {
    for (const kind of recordKinds) {
      const batch = batches.get(kind);
      if (batch) await writeKind(transaction, organization_id, kind, batch, receipt);
    }
  });
  return receipt;
}

function sift(given: readonly unknown[]) {
  const valid: ValidRecord[] = [];
  const refused: RefusedRecord[] = [];
  for (const [index, each] of given.entries()) {
    if (each instanceof SyntaxError) {
      refused.push({ index, code: "invalid_json", issues: [{ path: "", message: each.message }] });
      continue;
    }
    const kind = typeof each === "object" && each !== null && "kind" in each ? each.kind : undefined;
    if (!recordKinds.includes(kind as RecordKind)) {
      refused.push({ index, code: "invalid_record", issues: [{ path: "kind", message: `must be one of ${recordKinds.join(", ")}` }] });
      continue;
    }
    const parsed = records[kind as RecordKind].safeParse(each);
    if (parsed.success) valid.push(parsed.data);
    else refused.push({ index, code: "invalid_record", issues: parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message })) });
  }
  return { valid, refused };
}

async function writeKind(transaction: Knex.Transaction, organization_id: string, kind: RecordKind, batch: ValidRecord[], receipt: Receipt) {
  const { key } = tables[kind];
  const newest = new Map<string, Row>();
  for (const each of batch) {
    const row = asRow(organization_id, each);
    const id = identity(key, row);
    const other = newest.get(id);
    if (other) receipt[other.digest === row.digest ? "unchanged" : "superseded"]++;
    if (!other || isNewer(row, other)) newest.set(id, row);
  }
  // Always in the same order, so that two writers of the same rows wait for each other instead of locking each other out.
  const rows = [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  for (let start = 0; start < rows.length; start += rowsMax) {
    await writeRows(transaction, kind, rows.slice(start, start + rowsMax), receipt);
  }
}

function asRow(organization_id: string, each: ValidRecord): Row {
  const stored = storedFrom(each);
  const digest = createHash("sha256").update(JSON.stringify(columnsOf[each.kind].map((name) => stored[name] ?? null))).digest("base64url");
  return { organization_id, ...stored, digest, updated_at: Number(stored["updated_at"]) };
}

async function writeRows(transaction: Knex.Transaction, kind: RecordKind, rows: Row[], receipt: Receipt) {
  const { table, key } = tables[kind];
  const columns = ["organization_id", ...columnsOf[kind], "digest"];
  const identifying = ["organization_id", ...key];
  const line = `(${columns.map(() => "?").join(", ")})`;
  const sql = `insert into ${table} (${columns.join(", ")}) values ${rows.map(() => line).join(", ")}
    on conflict (${identifying.join(", ")}) do update set ${columns.filter((name) => !identifying.includes(name)).map((name) => `${name} = excluded.${name}`).join(", ")}
    where (excluded.updated_at, excluded.digest) > (${table}.updated_at, ${table}.digest)
    returning ${key.join(", ")}`;
  const values = rows.flatMap((row) => columns.map((name) => row[name] ?? null));
  const answer = (await transaction.raw(sql, values)) as Stored[] | { rows: Stored[] };
  const written = new Set((Array.isArray(answer) ? answer : answer.rows).map((row) => identity(key, row)));
  receipt.accepted += written.size;
  if (kind === "call") await writeTags(transaction, rows.filter((row) => written.has(identity(key, row))));
  await countKept(transaction, kind, rows.filter((row) => !written.has(identity(key, row))), receipt);
}

async function countKept(transaction: Knex.Transaction, kind: RecordKind, rows: Row[], receipt: Receipt) {
  const [first] = rows;
  if (!first) return;
  const { table, key } = tables[kind];
  const kept = (await transaction(table).select(...key, "digest").where({ organization_id: first["organization_id"] }).whereIn([...key], rows.map((row) => key.map((name) => row[name] ?? null)))) as Row[];
  const digests = new Map(kept.map((row) => [identity(key, row), row.digest]));
  for (const row of rows) receipt[digests.get(identity(key, row)) === row.digest ? "unchanged" : "superseded"]++;
}

async function writeTags(transaction: Knex.Transaction, calls: Row[]) {
  const [first] = calls;
  if (!first) return;
  const organization_id = first["organization_id"];
  await transaction("call_tags").where({ organization_id }).whereIn("call_log_id", calls.map((call) => call["call_log_id"] ?? null)).delete();
  const tags = calls.flatMap((call) => Object.entries(JSON.parse(String(call["tags"])) as Record<string, string>).map(([tag_key, tag_value]) => ({ organization_id, tag_key, tag_value, call_log_id: call["call_log_id"] ?? null })));
  for (let start = 0; start < tags.length; start += rowsMax) await transaction("call_tags").insert(tags.slice(start, start + rowsMax));
}

function identity(key: readonly string[], row: Stored): string {
  return key.map((name) => String(row[name])).join("\n");
}

function isNewer(row: Row, other: Row): boolean {
  return row.updated_at > other.updated_at || (row.updated_at === other.updated_at && row.digest > other.digest);
}
