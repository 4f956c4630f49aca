import { exampleRecords, reportExports, type RecordInput } from "@moja/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { download, readNdjson } from "../support/download.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { pathFor, rest } from "../support/http.ts";
import { propertyRuns, timeoutFor } from "../support/property-runs.ts";

type Row = Record<string, any>;
type Input<Kind, Direction = unknown> = Extract<
  RecordInput,
  { kind: Kind } & (unknown extends Direction ? unknown : { direction: Direction })
>;

const exampleOf = (matches: (record: Row) => boolean) => exampleRecords.find(matches) as Row;
const exampleCall = exampleOf(({ kind }) => kind === "call");
const examplePing = exampleOf(({ direction }) => direction === "inbound");
const exampleBid = exampleOf(({ direction, outcome }) => direction === "outbound" && outcome === "won");

const call = (change: Row) =>
  ({
    ...exampleCall,
    call_log_id: "c",
    auction_id: null,
    inbound_request_id: null,
    outbound_request_id: null,
    ...change,
  }) as Input<"call">;
const ping = (change: Row) =>
  ({ ...examplePing, request_id: "ping", call_log_id: null, ...change }) as Input<"rtb_request">;
const bid = (request_id: string, change: Row = {}) =>
  ({
    ...exampleBid,
    outcome: "lost",
    reason: 401,
    request_id,
    auction_id: "a",
    inbound_request_id: null,
    call_log_id: null,
    ...change,
  }) as Input<"rtb_request">;
const won = { outcome: "won", reason: null };

/** Three bids of an auction, of which the first won; and one of another auction, of another call. */
const auction = (change: Row = {}, winner: Row = {}) => [
  bid("b1", { ...change, ...won, ...winner }),
  bid("b2", change),
  bid("b3", { ...change, outcome: "timeout", bid_amount: null, reason: 101 }),
];
const stranger = [bid("other", { auction_id: "b", call_log_id: "d" }), call({ call_log_id: "d", auction_id: "b" })];

/** Each way in which producers tell which call an auction was for. */
const ways: Record<string, RecordInput[]> = {
  "the call names the auction": [call({ auction_id: "a" }), ...auction()],
  "the call names the request that won": [call({ outbound_request_id: "b1" }), ...auction()],
  "the call names the ping": [call({ inbound_request_id: "ping" }), ...auction({ inbound_request_id: "ping" })],
  "the ping names the call": [ping({ call_log_id: "c" }), call({}), ...auction({ inbound_request_id: "ping" })],
  "the winner names the call": [call({}), ...auction({}, { call_log_id: "c" })],
  "every bid names the call": [call({}), ...auction({ call_log_id: "c" })],
  "all of them": [
    call({ auction_id: "a", inbound_request_id: "ping", outbound_request_id: "b1" }),
    ping({ call_log_id: "c" }),
    ...auction({ inbound_request_id: "ping" }, { call_log_id: "c" }),
  ],
};

const window = { from: "2026-05-01", to: "2026-06-01" };
const ids = (rows: Row[]) => rows.map(({ request_id }) => request_id).toSorted();

describe.each(databases)("the call of an auction on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => {
    api = await startHarness(create);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const listed = async ({ key }: Tenant, filters: Row): Promise<Row[]> =>
    (await rest(api, key, pathFor(reportExports["outboundRtb"]!.list, { ...window, ...filters }))).body.data;

  async function expectFound(tenant: Tenant, call_log_id: string, expected: string[]): Promise<void> {
    const found = await listed(tenant, { call_log_id: [call_log_id] });
    expect(ids(found)).toStrictEqual(expected);
    expect(new Set(found.map((row) => row["call_log_id"]))).toStrictEqual(new Set([call_log_id]));
    const file = await download(
      api,
      tenant.key,
      pathFor(reportExports["outboundRtb"]!, { ...window, call_log_id: [call_log_id], format: "ndjson" }),
    );
    expect(ids(readNdjson(file.bytes))).toStrictEqual(expected);
    const { body: summary } = await rest(
      api,
      tenant.key,
      `/v1/summaries/outbound-rtb?from=2026-05-01&to=2026-06-01&call_log_id=${call_log_id}`,
    );
    expect(summary.totals.requests).toBe(expected.length);
    const { body: timeline } = await rest(api, tenant.key, `/v1/call-logs/${call_log_id}/timeline`);
    const bids = timeline.data.filter(({ type }: Row) => type === "rtb.outbound_request");
    expect(bids.map(({ link }: Row) => link.id).toSorted()).toStrictEqual(expected);
  }

  test.each(Object.entries(ways))(
    "every bid of it is found when %s, in whatever order they arrive, by list, export, summary, detail and timeline",
    async (_, records) => {
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray([...records, ...stranger], { minLength: records.length + stranger.length }),
          fc.integer({ min: 1, max: 4 }),
          async (order, size) => {
            const tenant = await api.tenant();
            for (let start = 0; start < order.length; start += size)
              await ingestOrFail(tenant, order.slice(start, start + size));
            await expectFound(tenant, "c", ["b1", "b2", "b3"]);
            await expectFound(tenant, "d", ["other"]);
            const all = await listed(tenant, {});
            expect(all.map((row) => [row["request_id"], row["call_log_id"]]).toSorted()).toStrictEqual([
              ["b1", "c"],
              ["b2", "c"],
              ["b3", "c"],
              ["other", "d"],
            ]);
            for (const id of ["b1", "b2", "b3"]) {
              const { body } = await rest(api, tenant.key, `/v1/rtb/requests/${id}`);
              expect([body.call_log_id, body.call.call_log_id]).toStrictEqual(["c", "c"]);
            }
          },
        ),
        propertyRuns(3),
      );
    },
    timeoutFor(3),
  );

  test("a bid without an auction that has a call has none, and the call that it names stands", async () => {
    const tenant = await api.tenant();
    await ingestOrFail(tenant, [...auction(), bid("own", { call_log_id: "e" }), call({ auction_id: "a" })]);
    await ingestOrFail(tenant, [bid("lonely", { auction_id: "z" })]);
    const rows = await listed(tenant, {});
    expect(Object.fromEntries(rows.map((row) => [row["request_id"], row["call_log_id"]]))).toStrictEqual({
      b1: "c",
      b2: "c",
      b3: "c",
      own: "e",
      lonely: null,
    });
    expect(ids(await listed(tenant, { call_log_id: ["e", "nobody"] }))).toStrictEqual(["own"]);
  });

  test("another organization's call of the same ids is never a bid's", async () => {
    const [own, foreign] = [await api.tenant(), await api.tenant()];
    await ingestOrFail(own, auction({ inbound_request_id: "ping" }));
    await ingestOrFail(foreign, ways["all of them"]!);
    expect(new Set((await listed(own, {})).map((row) => row["call_log_id"]))).toStrictEqual(new Set([null]));
    expect(await listed(own, { call_log_id: ["c"] })).toStrictEqual([]);
  });

  test("a call's timeline begins with its row, for a key without personal data as the detail shows it", async () => {
    for (const scopes of [["reports:read", "pii:read"], ["reports:read"]] as const) {
      const tenant = await api.tenant({ scopes: [...scopes] });
      await ingestOrFail(tenant, ways["all of them"]!);
      const { body } = await rest(api, tenant.key, "/v1/call-logs/c/timeline");
      expect(Object.keys(body)).toStrictEqual(["call", "data"]);
      expect(body.call).toStrictEqual((await rest(api, tenant.key, "/v1/call-logs/c")).body);
      expect(body.call).toMatchObject({ status: "completed", no_payout_reason: "Condition not met" });
    }
  });
});
