import { hash } from "node:crypto";
import { issuesOf, ingestMax, nestsTooDeep, recordKinds, records, type Issue, type RecordKind } from "@moja/contracts";
import type { Database } from "./database.ts";
import { findOrganization } from "./organizations.ts";
import { redaction, usualRedaction, type Redaction } from "./redaction.ts";
import { settledTags } from "./settled.ts";
import { layouts, storedFrom, type ValidRecord } from "./tables.ts";
import { write, type Row } from "./writer.ts";

/** A record that was refused: its place in the batch, and what is wrong with it. */
type RefusedRecord = { index: number; code: "invalid_record" | "invalid_json"; issues: Issue[] };

/** What became of a batch: records kept, records that were there already, records older than what is there, and records refused. */
export type Receipt = { accepted: number; unchanged: number; superseded: number; refused: RefusedRecord[] };

/**
 * Writes an organization's records in one transaction: the only way in. A record is identified by its id, the newer
 * `updated_at` wins (of equals the greater digest), so late and repeated deliveries in any order end in the same rows.
 * A record that breaks its contract is refused by itself; a SyntaxError stands for a record that was no JSON. The batch is durable when the receipt is there.
 */
export async function record(database: Database, organization_id: string, given: readonly unknown[]): Promise<Receipt> {
  const { valid, refused } = sift(given);
  const receipt: Receipt = { accepted: 0, unchanged: 0, superseded: 0, refused };
  const added = (await findOrganization(database, organization_id))?.redacted_names ?? [];
  const redact = added.length > 0 ? redaction(added) : usualRedaction;
  const batches = [...Map.groupBy(valid, ({ kind }) => kind)].map(([kind, all]) => ({ kind, rows: newest(all.map((each) => rowOf(organization_id, each, redact)), receipt) }));
  // Always in the same order, so that two writers of the same rows wait for each other instead of locking each other out.
  batches.sort((a, b) => recordKinds.indexOf(a.kind) - recordKinds.indexOf(b.kind));
  const outcomes = await write(database, batches);
  for (const [index, { rows }] of batches.entries()) {
    for (const [place, { digest }] of rows.entries()) {
      const there = outcomes[index]?.[place];
      receipt[there === null ? "accepted" : there === digest ? "unchanged" : "superseded"]++;
    }
  }
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
    if (nestsTooDeep(each)) {
      refused.push({ index, code: "invalid_record", issues: [{ path: "", message: `must not nest deeper than ${ingestMax.levels} levels` }] });
      continue;
    }
    const parsed = records[kind as RecordKind].safeParse(each);
    if (parsed.success) valid.push(parsed.data);
    else refused.push({ index, code: "invalid_record", issues: issuesOf(parsed.error, layouts[kind as RecordKind].columns) });
  }
  return { valid, refused };
}

/** The newest row of each identity, in the order of the identities; the others are counted in the receipt. */
function newest(given: Row[], receipt: Receipt): Row[] {
  const rows = new Map<string, Row>();
  for (const row of given) {
    const other = rows.get(row.id);
    if (other) receipt[other.digest === row.digest ? "unchanged" : "superseded"]++;
    if (!other || isNewer(row, other)) rows.set(row.id, row);
  }
  return [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function rowOf(organization_id: string, each: ValidRecord, redact: Redaction): Row {
  const { keyAt, updatedAt } = layouts[each.kind];
  const values = storedFrom(each, redact);
  const digest = hash("sha256", JSON.stringify(values), "base64url");
  return { id: keyAt.map((place) => values[place]).join("\n"), updated_at: Number(values[updatedAt]), digest, values: [organization_id, ...values, digest], tags: each.kind === "call" ? settledTags(each.tags, redact) : {} };
}

function isNewer(row: Row, other: Row): boolean {
  return row.updated_at > other.updated_at || (row.updated_at === other.updated_at && row.digest > other.digest);
}
