import { hash } from "node:crypto";
import {
  ingestMax,
  issuesOf,
  nestsTooDeep,
  recordKinds,
  records,
  type Issue,
  type RecordKind,
  type ValidRecord,
} from "@moja/contracts";
import { findOrganization } from "../auth/organizations.ts";
import type { Database } from "../database/dialect.ts";
import { NdjsonLine } from "./ndjson-line.ts";
import { normalizeTags } from "./normalize.ts";
import { defaultRedaction, redaction, type Redaction } from "./redaction.ts";
import { layouts, toStoredValues, type RowToWrite } from "./row-layout.ts";
import { writeBatches } from "./writer.ts";

/** A record that was refused: its place in the batch, and what is wrong with it. */
type RefusedRecord = { index: number; code: "invalid_record" | "invalid_json"; issues: Issue[] };

/** What became of a batch: records kept, records that were there already, records older than what is there, and records refused. */
export type Receipt = { accepted: number; unchanged: number; superseded: number; refused: RefusedRecord[] };

/**
 * Writes an organization's records in one transaction: the only way in. A record is identified by its id, the newer
 * `updated_at` wins (of equals the greater digest), so late and repeated deliveries in any order end in the same rows.
 * A record that breaks its contract, or is a line that is no JSON, is refused by itself. The batch is durable when the receipt is there.
 */
export async function ingestRecords(
  database: Database,
  organization_id: string,
  inputs: readonly unknown[],
): Promise<Receipt> {
  const addedNames = (await findOrganization(database, organization_id))?.redacted_names ?? [];
  const { receipt, digests, written } = startWrite(
    database,
    organization_id,
    inputs,
    addedNames.length > 0 ? redaction(addedNames) : defaultRedaction,
  );
  for (const [index, outcome] of (await written).entries()) {
    for (const [rowIndex, existingDigest] of outcome.entries())
      receipt[
        existingDigest === null
          ? "accepted"
          : existingDigest === digests[index]?.[rowIndex]
            ? "unchanged"
            : "superseded"
      ]++;
  }
  return receipt;
}

/** Begins to write, in a function of its own: while the writing thread waits for the disk, no rows are held here, but their digests alone. */
function startWrite(database: Database, organization_id: string, inputs: readonly unknown[], redact: Redaction) {
  const receipt: Receipt = { accepted: 0, unchanged: 0, superseded: 0, refused: [] };
  const rows = new Map<RecordKind, RowToWrite[]>(recordKinds.map((kind) => [kind, []]));
  for (const [index, each] of inputs.entries()) {
    const { valid, refused } = parseRecord(each);
    if (refused) receipt.refused.push({ index, ...refused });
    else rows.get(valid.kind)?.push(toRow(organization_id, valid, redact));
  }
  // Always in the same order, so that two writers of the same rows wait for each other instead of locking each other out.
  const batches = [...rows]
    .filter(([, all]) => all.length > 0)
    .map(([kind, all]) => ({ kind, rows: latestRows(all, receipt) }));
  const digests = batches.map((batch) => batch.rows.map(({ digest }) => digest));
  return { receipt, digests, written: writeBatches(database, batches) };
}

/** A record that keeps its contract, or what is wrong with it. */
function parseRecord(
  input: unknown,
): { valid: ValidRecord; refused?: undefined } | { valid?: undefined; refused: Omit<RefusedRecord, "index"> } {
  let each = input;
  try {
    if (each instanceof NdjsonLine) each = each.read();
  } catch (error) {
    return { refused: { code: "invalid_json", issues: [{ path: "", message: (error as SyntaxError).message }] } };
  }
  const invalid = (...issues: Issue[]) => ({ refused: { code: "invalid_record" as const, issues } });
  const kind = (typeof each === "object" && each !== null && "kind" in each ? each.kind : undefined) as RecordKind;
  if (!recordKinds.includes(kind))
    return invalid({ path: "kind", message: `must be one of ${recordKinds.join(", ")}` });
  if (nestsTooDeep(each)) return invalid({ path: "", message: `must not nest deeper than ${ingestMax.levels} levels` });
  const parsed = records[kind].schema.safeParse(each);
  return parsed.success ? { valid: parsed.data } : invalid(...issuesOf(parsed.error, layouts[kind].columns, each));
}

/** The newest row of each identity, in the order of the identities; the others are counted in the receipt. */
function latestRows(allRows: RowToWrite[], receipt: Receipt): RowToWrite[] {
  const rows = new Map<string, RowToWrite>();
  for (const row of allRows) {
    const other = rows.get(row.id);
    if (other) receipt[other.digest === row.digest ? "unchanged" : "superseded"]++;
    if (!other || isNewer(row, other)) rows.set(row.id, row);
  }
  return [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function toRow(organization_id: string, each: ValidRecord, redact: Redaction): RowToWrite {
  const { keyIndexes, updatedAtIndex } = layouts[each.kind];
  const values = toStoredValues(each, redact);
  const digest = hash("sha256", JSON.stringify(values), "base64url");
  return {
    id: keyIndexes.map((index) => values[index]).join("\n"),
    updated_at: Number(values[updatedAtIndex]),
    digest,
    values: [organization_id, ...values, digest],
    tags: each.kind === "call" ? normalizeTags(each.tags, redact) : {},
  };
}

function isNewer(row: RowToWrite, other: RowToWrite): boolean {
  return row.updated_at > other.updated_at || (row.updated_at === other.updated_at && row.digest > other.digest);
}
