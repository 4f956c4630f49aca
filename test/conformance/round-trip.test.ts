import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { contracts, reasonClasses, reasons, records, reportExports } from "@moja/contracts";
import { createKey } from "@moja/store";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callerRefOf, exampleSecret } from "../support/caller-ref.ts";
import { anyRecord, edgeCount, edgeRecords, idEdges, type Variant } from "../support/any-record.ts";
import { databases } from "../support/databases.ts";
import { cellOf, download, readCsv, readNdjson, uncured } from "../support/download.ts";
import { startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists, pathFor, rest, trpc } from "../support/http.ts";
import { propertyRuns, timeoutFor } from "../support/property-runs.ts";
import { exampleRecord } from "../support/record-factory.ts";
import { fixedSample } from "../support/seed.ts";

type Row = Record<string, any>;

/** The lists whose rows have details, with where these are. */
const detailed = {
  call: { detail: contracts.callLogs.get, name: "callLogs.get" },
  inbound: { detail: contracts.rtbRequests.get, name: "rtbRequests.get" },
  outbound: { detail: contracts.rtbRequests.get, name: "rtbRequests.get" },
  incoming: { detail: contracts.incomingWebhooks.get, name: "incomingWebhooks.get" },
  outgoing: { detail: contracts.outgoingWebhooks.get, name: "outgoingWebhooks.get" },
} as const;
type Detailed = keyof typeof detailed;
const isDetailed = (variant: Variant): variant is Detailed => variant in detailed;

/** Every list's kind of record, with its report. */
const reports = new Map(
  lists.map(({ name, contract }): [Variant, string] => {
    const record = exampleRecord(contract);
    return ["direction" in record ? record.direction : record.kind, name.replace(/\.list$/, "")];
  }),
);
const listed = [...reports.keys()];
const idOf = (variant: Variant) =>
  String(Object.values(records).find(({ kind, variants }) => variantsOf(kind, variants).includes(variant))?.key[0]);
const variantsOf = (kind: string, variants: { direction: string }[]) =>
  variants.map(({ direction }): string => direction || kind);

/** What a field that was left out is read back as, where that is not null. */
const defaults: Row = {
  tags: {},
  moja_magic: false,
  converted: false,
  duplicate: false,
  total_routes: 0,
  allocated_count: 0,
  step_count: 0,
  attempt_count: 0,
  parameters: [],
  eligible_routes: [],
  steps: [],
  changes: [],
};

/** The fields that a detail has and a list has not. */
const detailFields = ["request", "response", "parameters", "eligible_routes", "reply", "steps", "changes"];
const relatedFields = [
  "caller_ref",
  "call_log_id",
  "started_at",
  "status",
  "duration_seconds",
  "connected_seconds",
  "converted",
  "call_converted_at",
  "revenue_paid_out",
  "publisher_paid_out",
  "no_payout_reason",
];
const bidFields = [
  "request_id",
  "sent_at",
  "rtb_id",
  "rtb_name",
  "buyer_id",
  "buyer_name",
  "outcome",
  "reason",
  "bid_amount",
  "response_time_ms",
];
const pick = (row: Row, names: string[]) => Object.fromEntries(names.map((name) => [name, row[name]]));
const omit = (row: Row, names: string[]) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));

/** JSON text, in which a negative zero is written as one. */
function jsonText(value: unknown): string {
  const mark = "negative zero: ";
  const text = JSON.stringify(value, (_, each: unknown) => (Object.is(each, -0) ? mark : each));
  return text.replaceAll(JSON.stringify(mark), "-0");
}

/** The fields of a caller's number, beside which readers get the reference. */
const callerNumbers = ["caller_id", "phone_number"];

/** What was sent as it should be read back: a negative zero is 0, a field that was left out has its default. */
function readable(variant: Variant, sent: Row): Row {
  const row: Row = Object.fromEntries(
    Object.keys(sent)
      .filter((name) => name !== "kind")
      .map((name) => [name, positive(sent[name] ?? defaults[name] ?? null)]),
  );
  for (const name of ["request", "response"]) if (row[name]) row[name] = message(row[name]);
  if (row["reply"]) row["reply"] = body(row["reply"]);
  if (row["steps"]) row["steps"] = row["steps"].map(step);
  if (variant === "inbound" || variant === "outbound") row["reason"] = reasonOf(row["reason"]);
  if (variant === "call") row["profit"] = profitOf(row);
  const number = callerNumbers.find((name) => name in row);
  if (number !== undefined) row["caller_ref"] = callerRefOf(row[number]);
  return row;
}

function positive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(positive);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, positive(each)]));
}

const step = (given: Row) => ({
  mapped_fields: {},
  error: null,
  ...given,
  request: given["request"] ? message(given["request"]) : null,
  response: given["response"] ? message(given["response"]) : null,
});

function message(given: Row): Row {
  return {
    ...(given["method"] !== undefined && { query: [] }),
    headers: [],
    ...given,
    body: given["body"] ? body(given["body"]) : null,
  };
}

/** A body's bytes as they were sent: as text when they are UTF-8, left out when they are more than 64 KiB. */
function body({ content_type = null, encoding = "utf8", text }: Row): Row {
  const bytes = Buffer.from(text, encoding);
  const omitted = bytes.length > 64 * 1024;
  const shown = isUtf8(bytes) ? "utf8" : "base64";
  return {
    content_type,
    encoding: shown,
    text: omitted ? null : bytes.toString(shown),
    size_bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    omitted_reason: omitted ? "too_large" : null,
  };
}

function reasonOf(code: number | null) {
  if (code === null) return null;
  const name = (["no_bid", "error", "not_pinged", "rejected", "lost"] as const)[Math.floor(code / 100)]!;
  return { code, class: name, message: reasons[code] ?? reasonClasses[name].message };
}

function profitOf({ revenue_paid_out, publisher_paid_out, cost }: Row): number | null {
  if (revenue_paid_out === null || publisher_paid_out === null || cost === null) return null;
  const [revenue, payout, carrier] = [revenue_paid_out, publisher_paid_out, cost].map((usd) =>
    BigInt((usd * 1e6).toFixed(0)),
  );
  return Number(revenue! - payout! - carrier!) / 1e6;
}

/** An auction by its bids, the highest first; of equal bids the one that was sent first. */
function auctionOf(bids: Row[]): Row {
  const highest = (name: string) =>
    bids.map((bid) => bid[name]).reduce((a, b) => (b === null || (a !== null && a >= b) ? a : b), null);
  const sorted = bids.toSorted(
    (a, b) =>
      (b["bid_amount"] ?? -1) - (a["bid_amount"] ?? -1) ||
      order(a["sent_at"], b["sent_at"]) ||
      order(a["request_id"], b["request_id"]),
  );
  return {
    auction_id: bids[0]!["auction_id"],
    minimum_bid: highest("minimum_bid"),
    winning_bid: highest("winning_bid"),
    bids: sorted.map((bid) => pick(bid, bidFields)),
  };
}

const order = (a: string, b: string) => Number(a > b) - Number(a < b);
const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
/** An event by what it says, wherever it stands, with its members in one order. */
const textOf = (event: Row) =>
  JSON.stringify(Object.entries(omit(event, ["sequence"])).toSorted(([one], [other]) => order(one, other)));

/** The call that a bid's auction was for: by the bid, by the auction's calls and bids, by the call of its ping. */
function callOfBid(bid: Row, bids: Row[], calls: Row[]): string | null {
  const least = (found: (string | null)[]) => found.filter((id) => id !== null).toSorted(order)[0] ?? null;
  const callsWhere = (column: string, value: unknown) =>
    least(calls.filter((call) => value !== null && call[column] === value).map((call) => call["call_log_id"]));
  return (
    bid["call_log_id"] ??
    callsWhere("auction_id", bid["auction_id"]) ??
    least(
      bids
        .filter((other) => other["auction_id"] === bid["auction_id"])
        .map((other) => other["call_log_id"] ?? callsWhere("outbound_request_id", other["request_id"])),
    ) ??
    callsWhere("inbound_request_id", bid["inbound_request_id"])
  );
}

/** The events of one call or request as its timeline tells them. */
function timelineOf(events: Row[], start: string): Row[] {
  return events
    .toSorted((a, b) => order(a["occurred_at"], b["occurred_at"]) || order(a["event_id"], b["event_id"]))
    .map((event, index) => ({
      ...omit(event, ["event_id", "call_log_id", "request_id", "updated_at"]),
      sequence: index + 1,
      offset_ms: Date.parse(event["occurred_at"]) - Date.parse(start),
      recorded: true,
    }));
}

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let service: string;
  beforeAll(async () => {
    api = await startHarness(create);
    const scopes = ["ingest:write" as const];
    service = await createKey(api.database, { organization_id: null, name: "producer", scopes });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  /** Pushes records as producers do: as JSON or as lines, zipped or not, in turns. */
  async function push({ organization_id }: Tenant, records: Row[]): Promise<void> {
    const texts = records.map(jsonText);
    let turn = records.length;
    for (let from = 0, to = 0; from < texts.length; from = to, turn++) {
      for (let size = 0; to < texts.length && to - from < 97 && size < 4_000_000; to++) size += texts[to]!.length;
      const part = texts.slice(from, to);
      const lines = turn % 2 === 0;
      const content = lines ? part.join("\n") : `{"records":[${part.join(",")}]}`;
      const zipped = turn % 4 < 2;
      const { status, body } = await rest(api, service, "/v1/ingest", {
        method: "POST",
        headers: {
          "Content-Type": lines ? "application/x-ndjson" : "application/json",
          ...(zipped && { "Content-Encoding": "gzip" }),
          "X-Organization-Id": organization_id,
        },
        body: zipped ? gzipSync(content) : content,
      });
      expect([status, body]).toStrictEqual([200, { accepted: part.length, unchanged: 0, superseded: 0, refused: [] }]);
    }
  }

  /** The records with ids of their own, also such of one and of 128 characters. */
  const identified = (variant: Variant, records: Row[]): Row[] =>
    records.map((record, index) => ({ ...record, [idOf(variant)]: idEdges[index] ?? `row:${index}` }));

  async function expectListed(variant: Variant, tenant: Tenant, rows: Row[]): Promise<void> {
    const contract = reportExports[reports.get(variant)!]!;
    const window = { from: "1970-01-01", to: "9999-12-31T23:59:59.999Z" };
    const byId = (all: Row[]) => new Map(all.map((row) => [row[contract.id], row]));
    const expected = byId(
      rows.map((row) => ({
        ...omit(row, detailFields),
        ...(variant === "outbound" && { call_log_id: callOfBid(row, rows, []) }),
      })),
    );

    const { body: page } = await rest(api, tenant.key, pathFor(contract.list, { ...window, limit: 1000 }));
    expect(byId(page.data)).toStrictEqual(expected);
    const ndjson = await download(api, tenant.key, pathFor(contract, { ...window, format: "ndjson" }));
    expect(byId(readNdjson(ndjson.bytes))).toStrictEqual(expected);
    const { titles, cells } = readCsv((await download(api, tenant.key, pathFor(contract, window))).bytes);
    const columns = Object.keys(contract.row.shape);
    expect(titles).toHaveLength(columns.length);
    const told = cells.map((line) => Object.fromEntries(columns.map((column, place) => [column, line[place]])));
    const ofId = new Map(told.map((line) => [uncured(String(line[contract.id])), line]));
    expect(ofId.size).toBe(expected.size);
    for (const [id, row] of expected)
      for (const column of columns) expectCell(ofId.get(id)?.[column], row[column], `${id} ${column}`);
  }

  /** A text as long as a spreadsheet's cell may be, which says so where it is cut. */
  function withinCell(text: string): string {
    const mark = ` … [cut: ${text.length} characters; whole in the list and in NDJSON]`;
    return text.length > 32_767 ? text.slice(0, 32_767 - mark.length) + mark : text;
  }

  /** A cell says what was sent, however the members of an object are ordered. */
  function expectCell(cell: string | undefined, value: unknown, what: string): void {
    if (typeof value === "object" && value !== null) expect(JSON.parse(String(cell)), what).toStrictEqual(value);
    else expect(uncured(String(cell)), what).toBe(withinCell(cellOf(value)));
  }

  /** Compares the detail over tRPC and REST; not REST for the ids `.` and `..`, which every URL parser removes. */
  async function expectDetail(variant: Detailed, tenant: Tenant, row: Row): Promise<void> {
    const { detail, name } = detailed[variant];
    const id = idOf(variant);
    const input = { [id]: row[id] };
    const overTrpc = await trpc(api, tenant.key, name, input);
    expect(overTrpc.body).toStrictEqual(row);
    if (/^\.\.?$/.test(String(row[id]))) return;
    expect((await rest(api, tenant.key, pathFor(detail, input))).body).toStrictEqual(row);
  }

  /** A variant's records with all that belongs to them, and the details as they should be read back. */
  async function expectRoundTrip(variant: Variant, given: Row[], others: Row[]): Promise<void> {
    const tenant = await api.tenant({ hash_secret: exampleSecret });
    const sent = identified(variant, given);
    const rows = sent.map((record) => readable(variant, record));
    await push(tenant, sent);
    await expectListed(variant, tenant, rows);
    if (!isDetailed(variant)) return;
    const asked = rows.filter((_, index) => index < idEdges.length || index % 25 === 0);
    const related = await pushRelated(variant, tenant, rows, others);
    for (const row of asked) await expectDetail(variant, tenant, { ...row, ...related(row) });
  }

  /** Pushes what details show besides their own record, and says what that is. */
  async function pushRelated(variant: Detailed, tenant: Tenant, rows: Row[], others: Row[]) {
    if (variant === "call") return () => ({});
    const calls = others
      .slice(0, 20)
      .map((call, index) => ({ ...call, call_log_id: rows[index]?.["call_log_id"] ?? `call:${index}` }));
    const distinct = [...new Map(calls.map((call) => [call.call_log_id, call])).values()];
    await push(tenant, distinct);
    const known = new Map(distinct.map((call) => [call.call_log_id, pick(readable("call", call), relatedFields)]));
    const call = ({ call_log_id }: Row) => ({ call: known.get(call_log_id) ?? null });
    if (variant === "incoming") return call;
    if (variant === "outgoing") {
      const attempts = await pushAttempts(tenant, rows);
      return (row: Row) => ({ ...call(row), attempts: attempts(row) });
    }
    if (variant === "outbound")
      return (row: Row) => ({
        ...call({ call_log_id: callOfBid(row, rows, distinct) }),
        call_log_id: callOfBid(row, rows, distinct),
        auction: auctionOf(rows.filter((each) => each["auction_id"] === row["auction_id"])),
      });
    const bids = await pushBids(tenant, rows);
    return (row: Row) => ({ ...call(row), auctions: bids(row) });
  }

  /** Pushes every attempt in which each field has each of its edges, spread over some of the requests. */
  async function pushAttempts(tenant: Tenant, rows: Row[]) {
    const attempts = edgeRecords("webhook_attempt", edgeCount("webhook_attempt")).map((attempt, index) => ({
      ...attempt,
      attempt: [1, 2, 999, 1000][index >> 2] ?? index,
      request_id: rows[index % 4]!["request_id"],
    }));
    await push(tenant, attempts.toReversed());
    return ({ request_id }: Row) =>
      attempts
        .filter((attempt) => attempt.request_id === request_id)
        .map((attempt) => omit(readable("webhook_attempt", attempt), ["request_id", "updated_at"]))
        .toSorted((a, b) => a["attempt"] - b["attempt"]);
  }

  /** Pushes the bids of auctions that inbound requests caused: two auctions of some, one of others. */
  async function pushBids(tenant: Tenant, rows: Row[]) {
    const bids = edgeRecords("outbound", 30).map((bid, index) => ({
      ...bid,
      request_id: `bid:${index}`,
      auction_id: `auction:${index % 9}`,
      inbound_request_id: rows[index % 3]!["request_id"],
    }));
    await push(tenant, bids);
    return ({ request_id }: Row) => {
      const own = bids.filter((bid) => bid.inbound_request_id === request_id).map((bid) => readable("outbound", bid));
      own.sort((a, b) => order(a["sent_at"], b["sent_at"]) || order(a["request_id"], b["request_id"]));
      return [...Map.groupBy(own, (bid) => bid["auction_id"]).values()].map(auctionOf);
    };
  }

  test.each(listed)(
    "every edge of every field of %s is read back as sent: in list, detail, CSV and NDJSON",
    async (variant) => {
      await expectRoundTrip(variant, edgeRecords(variant, edgeCount(variant)), edgeRecords("call", 20));
    },
  );

  test.each(listed)(
    "any records of %s are read back as sent: in list, detail, CSV and NDJSON",
    async (variant) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyRecord(variant), { minLength: 4, maxLength: 8 }),
          fc.array(anyRecord("call"), { maxLength: 2 }),
          (given, calls) => expectRoundTrip(variant, given, calls),
        ),
        { ...propertyRuns(4), endOnFailure: true },
      );
    },
    timeoutFor(4),
  );

  test.each([
    ["call_event", "call"],
    ["rtb_event", "inbound"],
    ["rtb_event", "outbound"],
  ] as const)("every edge and any value of a %s of %s is read back as sent, in order", async (event, of) => {
    const tenant = await api.tenant({ hash_secret: exampleSecret });
    const id = idOf(of);
    const owners = identified(of, edgeRecords(of, 4));
    const random = fixedSample(anyRecord(event), 40);
    const events = [...edgeRecords(event, edgeCount(event)), ...random].map((each, index) => ({
      ...each,
      event_id: idEdges[index] ?? `event:${index}`,
      [id]: owners[index % 4]![id],
    }));
    await push(tenant, [...events, ...owners]);
    const contract = of === "call" ? contracts.callLogs.timeline : contracts.rtbRequests.lifeLog;
    for (const owner of owners) {
      const own = events.filter((each: Row) => each[id] === owner[id]).map((each) => readable(event, each));
      const start = String(owner["started_at"] ?? owner["received_at"] ?? owner["sent_at"]);
      const { body } = await rest(api, tenant.key, pathFor(contract, { [id]: owner[id] }));
      const expected = timelineOf(own, start);
      if (of === "call") {
        expect(body.call).toStrictEqual(readable("call", owner));
        expect(body.data).toStrictEqual(expected.map((each) => ({ ...each, source: "call", link: null })));
        continue;
      }
      expect(body.data.map((each: Row) => each["sequence"])).toStrictEqual(range(body.data.length));
      const placed = new Map(expected.map((each) => [textOf(each), each]));
      const [recorded, made] = [true, false].map((is) =>
        body.data.filter((each: Row) => placed.has(textOf(each)) === is),
      );
      expect(recorded.map((each: Row) => omit(each, ["sequence"]))).toStrictEqual(
        expected.map((each) => omit(each, ["sequence"])),
      );
      expect(made[0]["type"]).toMatch(of === "inbound" ? /^inbound\.received$/ : /^outbound\.(not_)?sent$|^step\./);
      const times = body.data.map((each: Row) => each["occurred_at"]);
      expect(times).toStrictEqual(times.toSorted());
    }
  });
});
