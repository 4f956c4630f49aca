import type { RecordKind } from "@moja/contracts";
import { hourSql } from "../database/hours.ts";
import { layouts, type RowToWrite } from "./row-layout.ts";

/** The columns of a kind's rows, in the order of their values. */
export const columnsOf = (kind: RecordKind) => {
  const { columns, callerNumberIndex } = layouts[kind];
  return ["organization_id", ...columns, "digest", ...(callerNumberIndex < 0 ? [] : ["caller_ref"])];
};

/** The columns of a kind's primary key. */
export const keyOf = (kind: RecordKind) => ["organization_id", ...layouts[kind].key];

/**
 * An upsert of the rows that are new or newer: the greater `updated_at` wins, of equals the greater digest. `collation`
 * is the database's name for comparison by bytes, as JavaScript compares within a batch; the default may be a
 * language's.
 */
export function upsertSql(source: string, kind: RecordKind, collation: "binary" | '"C"'): string {
  const { table } = layouts[kind];
  const changing = columnsOf(kind).filter((name) => !keyOf(kind).includes(name));
  const changes = changing.map((name) => `${name} = excluded.${name}`);
  // The hour that a call leaves has to be recomputed, too.
  if (kind === "call") changes.push("left_at = calls.started_at");
  return `insert into ${table} (${columnsOf(kind).join(", ")}) ${source}
    on conflict (${keyOf(kind).join(", ")}) do update set ${changes.join(", ")}
    where (excluded.updated_at, excluded.digest collate ${collation}) > (${table}.updated_at, ${table}.digest)`;
}

/** Marks the hours of written calls, and those that they left, so that their roll-ups are recomputed. */
export function markHoursSql(written: string, mark: string): string {
  const hoursOf = (time: string) =>
    `select organization_id, ${hourSql(time)}, ${mark} from written where ${time} is not null`;
  return `insert into call_marks (organization_id, hour, mark)
    with written as (select organization_id, started_at, left_at from calls where ${written})
    ${hoursOf("started_at")} union ${hoursOf("left_at")}
    on conflict do nothing`;
}

/** The columns of a call's tags. */
export const tagColumns = ["organization_id", "tag_key", "tag_value", "call_log_id"];

/** A call's tags as rows. */
export const tagRows = ({ id, values: [organization_id = null], tags }: RowToWrite) =>
  Object.entries(tags).map(([tag_key, tag_value]) => [organization_id, tag_key, tag_value, id]);
