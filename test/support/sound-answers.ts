import type { RecordedRequest } from "./scripted.ts";

/** The lists by their procedures: what their exports are called, and their rows' time and id. */
export const reportsByName = {
  callLogs: { file: "call-logs", at: "started_at", id: "call_log_id" },
  inboundRtb: { file: "inbound-rtb", at: "received_at", id: "request_id" },
  outboundRtb: { file: "outbound-rtb", at: "sent_at", id: "request_id" },
  incomingWebhooks: { file: "incoming-webhooks", at: "received_at", id: "request_id" },
  outgoingWebhooks: { file: "outgoing-webhooks", at: "created_at", id: "request_id" },
} as const;

export type ReportName = keyof typeof reportsByName;

/** How many rows a list has, and how many come in one page. */
export const soundRows = { count: 5, perPage: 2 };

/** The rows of a list, with characters of more than one byte. */
export function rowsOf(report: ReportName): Record<string, string>[] {
  const { at, id } = reportsByName[report];
  return Array.from({ length: soundRows.count }, (_, index) => ({
    [at]: `2026-05-04T12:00:0${9 - index}.000Z`,
    [id]: `row_${index}`,
    note: `é"漢\n${index}`,
  }));
}

type Sound = { status: 200; headers: Record<string, string>; body: string };

/** What the API answers when nothing is wrong: a few rows, and a receipt for whatever is pushed. */
export function soundAnswer(request: RecordedRequest): Sound {
  const [, transport, name = ""] = request.path.split("/");
  if (transport === "trpc") return json({ result: { data: soundData(name, request) } });
  if (request.path === "/v1/ingest") return json(receipt(request.body.split("\n").filter(Boolean).length));
  if (request.query.get("estimate") === "true") return json(estimate);
  return soundFile(request);
}

/** The size of every export, as it is estimated. */
export const estimate = { rows: soundRows.count, bytes_estimated: 321 };

/** The receipt of records that are all accepted. */
export function receipt(accepted: number) {
  return { accepted, unchanged: 0, superseded: 0, refused: [] };
}

function json(body: unknown): Sound {
  return { status: 200, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

function soundData(name: string, { query, body }: RecordedRequest): unknown {
  if (name === "ingest.push") return receipt((JSON.parse(body) as { records: unknown[] }).records.length);
  const [report = "", how] = name.split(".");
  if (how !== "list") return { answered: name };
  const { cursor = "0" } = JSON.parse(query.get("input") ?? "{}") as { cursor?: string };
  const from = Number(cursor);
  const next = from + soundRows.perPage;
  const data = rowsOf(report as ReportName).slice(from, next);
  return { data, next_cursor: next < soundRows.count ? String(next) : null, totals: null };
}

function soundFile({ path, query }: RecordedRequest): Sound {
  const report = (Object.keys(reportsByName) as ReportName[]).find((name) =>
    path.endsWith(`/${reportsByName[name].file}`),
  );
  const { at, id } = reportsByName[report as ReportName];
  const rows = rowsOf(report as ReportName);
  const after = query.get("after");
  const rest = rows.slice(after === null ? 0 : rows.findIndex((row) => `${row[at]},${row[id]}` === after) + 1);
  const columns = query.getAll("columns");
  const asked = rest.map((row) =>
    columns.length > 0 ? columns.map((name) => [name, row[name]]) : Object.entries(row),
  );
  const isCsv = query.get("format") !== "ndjson";
  const csvRows = asked.map((cells) => `${cells.map(([, value]) => value).join(",")}\r\n`);
  const titles = after === null ? `\uFEFF${columns.join(",")}\r\n` : "";
  return {
    status: 200,
    headers: {
      "Content-Type": isCsv ? "text/csv" : "application/x-ndjson",
      "X-Export-Cursor": "the cursor",
      ...(query.get("totals") === "true" && { "X-Export-Totals": JSON.stringify({ rows: soundRows.count }) }),
    },
    body: isCsv
      ? titles + csvRows.join("")
      : asked.map((cells) => `${JSON.stringify(Object.fromEntries(cells))}\n`).join(""),
  };
}
