import { hash } from "node:crypto";
import { ApiError, recordKinds, type RecordKind, type ValidRecord } from "@moja/contracts";
import { findOrganization, keyedHashOf } from "../auth/organizations.ts";
import type { Database } from "../database/dialect.ts";
import type { KeyedHash } from "../database/keyed-hash.ts";
import { poolFor } from "../database/postgres/pools.ts";
import type { StoredValue } from "../database/row-types.ts";
import { eraseRow } from "./erase-row.ts";
import { findErased, type Erased } from "./erased-rows.ts";
import { parseRecord, type Refusal } from "./parse-record.ts";
import { defaultRedaction, redaction, type Redaction } from "./redaction.ts";
import { layouts, timeOf, toStoredValues, type RowToWrite } from "./row-layout.ts";
import { writeBatches } from "./writer.ts";

/** A record that was refused: its index in the batch, and what is wrong with it. */
type RefusedRecord = Refusal & { index: number };

/** The result of a batch. */
export type Receipt = {
  /** Records that were written. */
  accepted: number;
  /** Records that equal the stored ones. */
  unchanged: number;
  /** Records that are older than the stored ones. */
  superseded: number;
  refused: RefusedRecord[];
};

/**
 * Writes an organization's records in one transaction. A record is identified by its id, and the newer `updated_at`
 * wins (of equals the greater digest), so that late and repeated deliveries in any order end in the same rows. A record
 * that breaks its contract, or a line that is no JSON, is refused without the others. The batch is durable when the
 * promise resolves.
 */
export async function ingestRecords(
  database: Database,
  organization_id: string,
  inputs: readonly unknown[],
): Promise<Receipt> {
  // What is read first is read where it is written: it would otherwise wait for the readers of pages.
  const writes = poolFor("writes", database);
  const organization = await findOrganization(writes, organization_id);
  if (!organization) throw new ApiError("not_found", `There is no organization ${organization_id}.`);
  const { redacted_names } = organization;
  const redact = redacted_names.length > 0 ? redaction(redacted_names) : defaultRedaction;
  const keyedHash = keyedHashOf(organization);
  const erased = await findErased(writes, organization_id, keyedHash);
  const { receipt, digests, written } = startWrite(database, inputs, (record) =>
    toRow(record, { organization_id, redact, keyedHash, erased }),
  );
  for (const [batch, outcomes] of (await written).entries())
    for (const [row, existing] of outcomes.entries()) receipt[countFor(existing, digests[batch]?.[row])]++;
  return receipt;
}

/** What a row counts as: `existing` is null where it was written, else the digest of the stored row. */
function countFor(existing: string | null, digest: string | undefined): "accepted" | "unchanged" | "superseded" {
  if (existing === null) return "accepted";
  return existing === digest ? "unchanged" : "superseded";
}

/**
 * Parses records and starts to write their rows. It is a function of its own so that its caller, who waits for the
 * disk, holds only the digests of its rows.
 */
function startWrite(database: Database, inputs: readonly unknown[], rowOf: (record: ValidRecord) => RowToWrite) {
  const receipt: Receipt = { accepted: 0, unchanged: 0, superseded: 0, refused: [] };
  const rows = new Map<RecordKind, RowToWrite[]>(recordKinds.map((kind) => [kind, []]));
  for (const [index, each] of inputs.entries()) {
    const { valid, refused } = parseRecord(each);
    if (refused) receipt.refused.push({ index, ...refused });
    else rows.get(valid.kind)?.push(rowOf(valid));
  }
  // Always in the same order, so that two writers of the same rows wait for each other instead of deadlocking.
  const batches = [...rows]
    .filter(([, all]) => all.length > 0)
    .map(([kind, all]) => ({ kind, rows: latestRows(all, receipt) }));
  const digests = batches.map((batch) => batch.rows.map(({ digest }) => digest));
  return { receipt, digests, written: writeBatches(database, batches) };
}

/** The newest row of each id, in the order of the ids; the receipt counts the others. */
function latestRows(allRows: RowToWrite[], receipt: Receipt): RowToWrite[] {
  const rows = new Map<string, RowToWrite>();
  for (const row of allRows) {
    const other = rows.get(row.id);
    if (other) receipt[other.digest === row.digest ? "unchanged" : "superseded"]++;
    if (!other || isNewer(row, other)) rows.set(row.id, row);
  }
  return [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What turns an organization's records into rows. */
type RowContext = {
  organization_id: string;
  redact: Redaction;
  keyedHash: KeyedHash;
  erased: Erased | undefined;
};

function toRow(each: ValidRecord, { organization_id, redact, keyedHash, erased }: RowContext): RowToWrite {
  const { columns, keyIndexes, updatedAtIndex, callerNumberIndex } = layouts[each.kind];
  const stored = toStoredValues(each, redact);
  const caller_ref = keyedHash.callerRef(stored[callerNumberIndex] ?? null);
  const values = erased ? eraseStored(each.kind, stored, { caller_ref, erased }) : stored;
  const tags: Record<string, string> = each.kind === "call" ? JSON.parse(String(values[columns.indexOf("tags")])) : {};
  const digest = hash("sha256", JSON.stringify(values), "base64url");
  return {
    id: keyIndexes.map((index) => values[index]).join("\n"),
    updated_at: Number(values[updatedAtIndex]),
    digest,
    // A reference is no part of the digest: it follows from the number and from the organization's secret.
    values: [organization_id, ...values, digest, ...(callerNumberIndex < 0 ? [] : [caller_ref])],
    tags,
  };
}

/** A row without the callers who were erased before it is pushed. */
function eraseStored(
  kind: RecordKind,
  stored: StoredValue[],
  { caller_ref, erased: { callers, callerOf } }: { caller_ref: string | null; erased: Erased },
): StoredValue[] {
  const row = Object.fromEntries(layouts[kind].columns.map((name, index) => [name, stored[index] ?? null]));
  const at = timeOf(kind, stored);
  return eraseRow(kind, stored, { callers, at, isCallers: callers.isErased(callerOf({ ...row, caller_ref }), at) });
}

function isNewer(row: RowToWrite, other: RowToWrite): boolean {
  return row.updated_at > other.updated_at || (row.updated_at === other.updated_at && row.digest > other.digest);
}
