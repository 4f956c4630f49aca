import type { RecordKind } from "@moja/contracts";
import type BetterSqlite3 from "better-sqlite3";
import type { Knex } from "knex";
import type { StoredValue } from "./columns.ts";
import { layouts } from "./tables.ts";

/** A row to be written: its identity within its kind, what decides whether it is newer, its columns' values, and a call's tags. */
export type Row = { id: string; updated_at: number; digest: string; values: StoredValue[]; tags: Record<string, string> };

/** What a database does with rows in the quickest way it has. Its statements' texts do not depend on how many rows there are. */
export type Writer = {
  /** Writes the rows that are new or newer than what is there; answers the digests of those that are there and stay, by the rows' ids. */
  upsert: (kind: RecordKind, rows: Row[]) => Promise<Map<string, string>>;
  /** Puts calls' tags in the place of what they had. */
  replaceTags: (calls: Row[]) => Promise<void>;
};

/** The writer of a transaction's database. */
export async function writerOn(transaction: Knex.Transaction): Promise<Writer> {
  const client = transaction.client as Knex.Client;
  return client.config.client === "pg" ? postgresWriter(transaction) : sqliteWriter((await client.acquireConnection()) as BetterSqlite3.Database);
}

const columnsOf = (kind: RecordKind) => ["organization_id", ...layouts[kind].columns, "digest"];
const keyOf = (kind: RecordKind) => ["organization_id", ...layouts[kind].key];

function upsertSql(kind: RecordKind, source: string): string {
  const { table } = layouts[kind];
  const changing = columnsOf(kind).filter((name) => !keyOf(kind).includes(name));
  return `insert into ${table} (${columnsOf(kind).join(", ")}) ${source}
    on conflict (${keyOf(kind).join(", ")}) do update set ${changing.map((name) => `${name} = excluded.${name}`).join(", ")}
    where (excluded.updated_at, excluded.digest) > (${table}.updated_at, ${table}.digest)`;
}

const tagColumns = "organization_id, tag_key, tag_value, call_log_id";
const tagsOf = ({ id, values: [organization_id = null], tags }: Row) => Object.entries(tags).map(([tag_key, tag_value]) => [organization_id, tag_key, tag_value, id]);

/** Prepared statements, row by row: on SQLite nothing is quicker. */
function sqliteWriter(connection: BetterSqlite3.Database): Writer {
  return {
    upsert: async (kind, rows) => {
      const upsert = connection.prepare(upsertSql(kind, `values (${columnsOf(kind).map(() => "?").join(", ")})`));
      const kept = rows.filter(({ values }) => upsert.run(values).changes === 0);
      const places = keyOf(kind).map((name) => columnsOf(kind).indexOf(name));
      const digest = connection.prepare(`select digest from ${layouts[kind].table} where ${keyOf(kind).map((name) => `${name} = ?`).join(" and ")}`).pluck();
      return new Map(kept.map(({ id, values }) => [id, String(digest.get(places.map((place) => values[place])))]));
    },
    replaceTags: async (calls) => {
      const remove = connection.prepare("delete from call_tags where organization_id = ? and call_log_id = ?");
      const insert = connection.prepare(`insert into call_tags (${tagColumns}) values (?, ?, ?, ?)`);
      for (const call of calls) {
        remove.run(call.values[0], call.id);
        for (const tag of tagsOf(call)) insert.run(tag);
      }
    },
  };
}

/** One statement for all rows, which travel as one JSON text. */
function postgresWriter(transaction: Knex.Transaction): Writer {
  const records = (names: string[], rows: StoredValue[][]) => JSON.stringify(rows.map((values) => Object.fromEntries(names.map((name, index) => [name, values[index]]))));
  const from = (table: string, columns: string) => `select ${columns} from json_populate_recordset(null::${table}, ?)`;
  return {
    upsert: async (kind, rows) => {
      const { table, key } = layouts[kind];
      const given = records(columnsOf(kind), rows.map(({ values }) => values));
      const identity = (row: Record<string, StoredValue>) => key.map((name) => row[name]).join("\n");
      const { rows: written } = (await transaction.raw(`${upsertSql(kind, from(table, columnsOf(kind).join(", ")))} returning ${key.join(", ")}`, [given])) as { rows: Record<string, StoredValue>[] };
      if (written.length === rows.length) return new Map();
      const done = new Set(written.map(identity));
      const { rows: there } = (await transaction.raw(`select ${key.join(", ")}, digest from ${table} where (${keyOf(kind).join(", ")}) in (${from(table, keyOf(kind).join(", "))})`, [given])) as { rows: Record<string, StoredValue>[] };
      return new Map(there.filter((row) => !done.has(identity(row))).map((row) => [identity(row), String(row["digest"])]));
    },
    replaceTags: async (calls) => {
      await transaction.raw("delete from call_tags where organization_id = ? and call_log_id = any(?)", [calls[0]?.values[0] ?? null, calls.map(({ id }) => id)]);
      await transaction.raw(`insert into call_tags (${tagColumns}) ${from("call_tags", tagColumns)}`, [records(tagColumns.split(", "), calls.flatMap(tagsOf))]);
    },
  };
}
