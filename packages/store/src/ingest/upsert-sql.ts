import type { RecordKind } from "@moja/contracts";
import { hourSql } from "../database/hours.ts";
import { layouts, type RowToWrite } from "./row-layout.ts";

/** The columns of a kind's rows, in the order of their values. */
export const columnsOf = (kind: RecordKind) => ["organization_id", ...layouts[kind].columns, "digest"];

/** The columns that identify a kind's rows. */
export const keyOf = (kind: RecordKind) => ["organization_id", ...layouts[kind].key];

/**
 * Writes rows where they are new or newer: the newer `updated_at` wins, of equals the digest that is greater byte by byte.
 * `byBytes` is the database's collation for that: its default one may be a language's, and a batch's rows are compared in
 * JavaScript.
 */
export function upsertSql(source: string, kind: RecordKind, byBytes: "binary" | '"C"'): string {
  const { table } = layouts[kind];
  const changing = columnsOf(kind).filter((name) => !keyOf(kind).includes(name));
  return `insert into ${table} (${columnsOf(kind).join(", ")}) ${source}
    on conflict (${keyOf(kind).join(", ")}) do update set ${changing.map((name) => `${name} = excluded.${name}`).join(", ")}${kind === "call" ? ", left_at = calls.started_at" : ""}
    where (excluded.updated_at, excluded.digest collate ${byBytes}) > (${table}.updated_at, ${table}.digest)`;
}

/** Marks the hours of calls that were written, and those that they left: their roll-ups are to be added up anew. */
export function markHoursSql(written: string, mark: string): string {
  const hoursOf = (moment: string) =>
    `select organization_id, ${hourSql(moment)}, ${mark} from written where ${moment} is not null`;
  return `insert into call_marks (organization_id, hour, mark)
    with written as (select organization_id, started_at, left_at from calls where ${written}) ${hoursOf("started_at")} union ${hoursOf("left_at")}
    on conflict do nothing`;
}

/** The columns of a call's tags. */
export const tagColumns = ["organization_id", "tag_key", "tag_value", "call_log_id"];

/** A call's tags as rows. */
export const tagRows = ({ id, values: [organization_id = null], tags }: RowToWrite) =>
  Object.entries(tags).map(([tag_key, tag_value]) => [organization_id, tag_key, tag_value, id]);
