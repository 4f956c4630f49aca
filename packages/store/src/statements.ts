import type { RecordKind } from "@moja/contracts";
import { layouts } from "./tables.ts";
import type { Row } from "./writer.ts";

/** The columns of a kind's rows, in the order of their values. */
export const columnsOf = (kind: RecordKind) => ["organization_id", ...layouts[kind].columns, "digest"];

/** The columns that identify a kind's rows. */
export const keyOf = (kind: RecordKind) => ["organization_id", ...layouts[kind].key];

/** Writes rows where they are new or newer: the newer `updated_at` wins, of equals the greater digest. */
export function upsertFrom(source: string, kind: RecordKind): string {
  const { table } = layouts[kind];
  const changing = columnsOf(kind).filter((name) => !keyOf(kind).includes(name));
  return `insert into ${table} (${columnsOf(kind).join(", ")}) ${source}
    on conflict (${keyOf(kind).join(", ")}) do update set ${changing.map((name) => `${name} = excluded.${name}`).join(", ")}
    where (excluded.updated_at, excluded.digest) > (${table}.updated_at, ${table}.digest)`;
}

/** The columns of a call's tags. */
export const tagColumns = ["organization_id", "tag_key", "tag_value", "call_log_id"];

/** A call's tags as rows. */
export const tagRows = ({ id, values: [organization_id = null], tags }: Row) => Object.entries(tags).map(([tag_key, tag_value]) => [organization_id, tag_key, tag_value, id]);
