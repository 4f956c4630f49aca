import Sqlite from "better-sqlite3";
import { and, desc, eq, lt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import fastify from "fastify";

/** The same without authentication, filters, cursors or validation, as one would write it with Fastify and Drizzle. */
const [file = "", organization_id = "", at = ""] = process.argv.slice(2);
const connection = new Sqlite(file);
connection.pragma("mmap_size = 1073741824");
connection.pragma("cache_size = -65536");
const database = drizzle(connection);

type Column = { name: string; type: string };
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what this pragma gives
const columns = connection.pragma("table_info(calls)") as Column[];
const calls = sqliteTable("calls", {
  organization_id: text().notNull(),
  call_log_id: text().notNull(),
  started_at: integer().notNull(),
  ...Object.fromEntries(
    columns
      .filter(({ name }) => !["organization_id", "call_log_id", "started_at"].includes(name))
      .map(({ name, type }) => [name, type.toLowerCase() === "text" ? text() : integer()]),
  ),
});
const owned = eq(calls.organization_id, sql.placeholder("organization_id"));
const page = database
  .select()
  .from(calls)
  .where(and(owned, lt(calls.started_at, sql.placeholder("before"))))
  .orderBy(desc(calls.started_at), desc(calls.call_log_id))
  .limit(50)
  .prepare();
const call = database
  .select()
  .from(calls)
  .where(and(owned, eq(calls.call_log_id, sql.placeholder("id"))))
  .prepare();

const app = fastify();
app.get("/first", async () => page.all({ organization_id, before: Date.now() }));
app.get("/deep", async () => page.all({ organization_id, before: Number(at) }));
app.get<{ Params: { id: string } }>("/detail/:id", async ({ params: { id } }) => call.get({ organization_id, id }));
process.stdout.write(`${await app.listen({ port: 0, host: "127.0.0.1" })}\n`);
