import { connect } from "./database/connect.ts";
import { onDestroy, type Database } from "./database/dialect.ts";

/** A count within a window of time, and how long the window goes on, in ms. */
type WindowCount = { count: number; leftMs: number };

/** Counts requests in PostgreSQL, for all processes of all machines. */
export type RequestCounts = {
  /** Adds to the count of a key, which begins anew when its window has ended. */
  add: (key: string, by: number) => Promise<WindowCount>;
};

/** How long a count may take: requests wait for it. */
const statementTimeoutMs = 2000;
const connections = 4;
const cleaningMs = 60_000;

/** Lost with a crash of PostgreSQL's, which costs a window and saves writing each count to its log. */
const createTable =
  "create unlogged table if not exists request_counts (key text primary key, count bigint not null, ends_at bigint not null)";

/** PostgreSQL's clock, so that machines whose clocks differ share their windows. */
const now = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

/** A window that has ended, or that was begun by a clock which was ahead and set back since. */
const isOver = "request_counts.ends_at <= excluded.ends_at - :windowMs or request_counts.ends_at > excluded.ends_at";

const upsert = `
  insert into request_counts (key, count, ends_at) values (:key, greatest(0, :by::int), ${now} + :windowMs)
  on conflict (key) do update set
    count = case when ${isOver} then excluded.count else greatest(0, request_counts.count + :by::int) end,
    ends_at = case when ${isOver} then excluded.ends_at else request_counts.ends_at end
  returning count, ends_at - ${now} as left_ms`;

/** Opens counts with windows of `windowMs` on connections of their own, which close with the database. */
export function openRequestCounts(database: Database, url: string, windowMs: number): RequestCounts {
  const counts = connect(url, { slim: true }, { pageConnections: connections, queryTimeoutMs: statementTimeoutMs });
  let created: Promise<unknown> | undefined;
  const create = () => {
    created ??= counts.raw(createTable).catch((error: unknown) => {
      created = undefined;
      // Another process has created it meanwhile.
      if (!/pg_type_typname_nsp_index|pg_class_relname_nsp_index|already exists/.test(String(error))) throw error;
    });
    return created;
  };
  const clean = () => void counts.raw(`delete from request_counts where ends_at < ${now}`).then(undefined, () => {});
  const cleaning = setInterval(clean, cleaningMs).unref();
  onDestroy(database, () => {
    clearInterval(cleaning);
    return counts.destroy();
  });
  return {
    add: async (key, by) => {
      await create();
      const answer: { rows: { count: number; left_ms: number }[] } = await counts.raw(upsert, { key, by, windowMs });
      const [row] = answer.rows;
      return { count: row?.count ?? by, leftMs: row?.left_ms ?? windowMs };
    },
  };
}
