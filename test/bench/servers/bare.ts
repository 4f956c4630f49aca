import { createServer } from "node:http";
import Sqlite from "better-sqlite3";

/** The least that any server does: one prepared statement, and its rows as JSON. */
const [file = "", organization_id = "", at = ""] = process.argv.slice(2);
const database = new Sqlite(file);
database.pragma("mmap_size = 1073741824");
database.pragma("cache_size = -65536");

const page = database.prepare(
  "select * from calls where organization_id = ? and started_at < ? order by started_at desc, call_log_id desc limit 50",
);
const call = database.prepare("select * from calls where organization_id = ? and call_log_id = ?");
const ofCall = ["call_events", "webhook_requests", "rtb_requests"].map((table) =>
  database.prepare(`select * from ${table} where organization_id = ? and call_log_id = ?`),
);

const server = createServer(({ url = "/" }, response) => {
  const [path, id] = url.slice(1).split("/");
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(answer(path, id)));
}).listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}\n`);
});

function answer(path: string | undefined, id: string | undefined): unknown {
  if (path === "first") return page.all(organization_id, Date.now());
  if (path === "deep") return page.all(organization_id, at);
  const found = call.get(organization_id, id);
  return path === "detail" ? found : { call: found, data: ofCall.flatMap((rows) => rows.all(organization_id, id)) };
}
