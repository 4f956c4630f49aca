import { contracts, exampleRecords, type RecordInput } from "@moja/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases, unorderedPostgres } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { pathFor, rest } from "../support/http.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { recordFor } from "../support/record-factory.ts";

type Row = Record<string, any>;

const moment = "2026-05-04T12:00:00.000Z";
/** Ids in the order of their bytes, which is not that of any language, of numbers or of letters without their case. */
const ids = ["-x", "10", "9", ":y", "E1", "Z", "a", "e10", "e9", "~z"];
const shuffled = <Value>(values: Value[]) => fc.shuffledSubarray(values, { minLength: values.length });
const exampleOf = (kind: RecordInput["kind"], direction?: string) =>
  exampleRecords.find(
    (each) => each.kind === kind && (direction === undefined || ("direction" in each && each.direction === direction)),
  ) as Row;

describe.each([...databases, unorderedPostgres])("on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  /** Writes records in a random order, in random portions, and asks as soon as all are there. */
  async function arrived(records: Row[], then: (tenant: Tenant) => Promise<void>): Promise<void> {
    await fc.assert(
      fc.asyncProperty(shuffled(records), fc.integer({ min: 1, max: records.length }), async (order, size) => {
        const tenant = await api.tenant();
        for (let start = 0; start < order.length; start += size)
          await ingestOrFail(tenant, order.slice(start, start + size) as RecordInput[]);
        await then(tenant);
      }),
      propertyRuns(2),
    );
  }

  const answered = async ({ key }: Tenant, path: string): Promise<Row> => {
    const { status, body } = await rest(api, key, path);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };

  test("a call's timeline has events of one moment by source (call, RTB, webhook), then by id", async () => {
    const call = { ...exampleOf("call"), call_log_id: "c", started_at: moment, auction_id: null };
    const records = ids.flatMap((id, index) => [
      { ...exampleOf("call_event"), call_log_id: "c", event_id: id, message: id, occurred_at: moment },
      index % 2
        ? { ...exampleOf("rtb_request", "inbound"), call_log_id: "c", request_id: id, received_at: moment }
        : { ...exampleOf("rtb_request", "outbound"), call_log_id: "c", request_id: id, sent_at: moment },
      index % 2
        ? { ...exampleOf("webhook_request", "outgoing"), call_log_id: "c", request_id: id, created_at: moment }
        : { ...exampleOf("webhook_request", "incoming"), call_log_id: "c", request_id: id, received_at: moment },
    ]);
    const expected = ["call", "rtb", "webhook"].flatMap((source) => ids.map((id) => [source, id]));
    await arrived([call, ...records], async (tenant) => {
      const { data } = await answered(tenant, "/v1/call-logs/c/timeline");
      expect(data.map(({ source, message, link }: Row) => [source, link ? link.id : message])).toStrictEqual(expected);
      expect(data.map(({ sequence }: Row) => sequence)).toStrictEqual(expected.map((_, index) => index + 1));
    });
  });

  test("a life-log has events of one moment by id, and time goes before", async () => {
    const request = { ...exampleOf("rtb_request", "inbound"), request_id: "r" };
    const records = ids.map((id) => ({
      ...exampleOf("rtb_event"),
      request_id: "r",
      event_id: id,
      message: id,
      occurred_at: moment,
    }));
    const before = { ...records[0], event_id: "~~", message: "before", occurred_at: "2026-05-04T11:59:59.999Z" };
    const after = {
      ...records[0],
      event_id: "--",
      message: "after",
      occurred_at: "2026-05-04T12:00:00.001Z",
    };
    await arrived([request, before, after, ...records], async (tenant) => {
      const { data } = await answered(tenant, "/v1/rtb/requests/r/life-log");
      const recorded = data.filter(({ type }: Row) => type === exampleOf("rtb_event")["type"]);
      expect(recorded.map(({ message }: Row) => message)).toStrictEqual(["before", ...ids, "after"]);
      const times = data.map(({ occurred_at }: Row) => occurred_at);
      expect(times).toStrictEqual(times.toSorted());
      expect(data.map(({ type }: Row) => type)).toContain("inbound.allocated");
    });
  });

  test("attempts are by their numbers, and bids by amount, then time, then id, those without one last", async () => {
    const attempts = Array.from({ length: 12 }, (_, index) => ({
      ...exampleOf("webhook_attempt"),
      attempt: index + 1,
      started_at: moment,
    }));
    const bid = (request_id: string, bid_amount: number | null, ms: number) => ({
      ...exampleOf("rtb_request", "outbound"),
      request_id,
      bid_amount,
      auction_id: "auction",
      minimum_bid: null,
      outcome: bid_amount === null ? "no_bid" : "lost",
      sent_at: new Date(Date.parse(moment) + ms).toISOString(),
    });
    const bids = [
      bid("z", 9, 0),
      bid("y", 2.5, 0),
      bid("a", 2.5, 1),
      bid("b", 2.5, 1),
      bid("c", 0, 0),
      bid("d", null, 0),
      bid("e", null, 0),
    ];
    await arrived([exampleOf("webhook_request", "outgoing"), ...attempts, ...bids], async (tenant) => {
      const outgoing = await answered(tenant, "/v1/webhooks/outgoing-requests/whout_8r3n");
      expect(outgoing["attempts"].map(({ attempt }: Row) => attempt)).toStrictEqual(
        attempts.map(({ attempt }) => attempt),
      );
      const { auction } = await answered(tenant, "/v1/rtb/requests/b");
      expect(auction.bids.map(({ request_id }: Row) => request_id)).toStrictEqual(
        bids.map(({ request_id }) => request_id),
      );
    });
  });

  /** Groups whose measures are equal, in the order in which they are expected. */
  const groups: { report: "callLogs" | "outboundRtb"; by: string[]; rows: Row[]; expected?: unknown[][] }[] = [
    { report: "callLogs", by: ["campaign_id"], rows: [...ids, null].map((campaign_id) => ({ campaign_id })) },
    { report: "outboundRtb", by: ["buyer_id"], rows: [...ids, null].map((buyer_id) => ({ buyer_id })) },
    { report: "callLogs", by: ["converted"], rows: [false, true].map((converted) => ({ converted })) },
    {
      report: "callLogs",
      by: ["duplicate", "campaign_id"],
      rows: [false, true].flatMap((duplicate) => ["10", "9", null].map((campaign_id) => ({ duplicate, campaign_id }))),
    },
    { report: "outboundRtb", by: ["http_status"], rows: [200, 404, 503, null].map((http_status) => ({ http_status })) },
    {
      report: "outboundRtb",
      by: ["reason_code"],
      rows: [0, 5, 10, 101, null].map((reason) => ({ reason })),
      expected: [[0], [5], [10], [101], [null]],
    },
    {
      report: "outboundRtb",
      by: ["reason_class"],
      rows: [0, 101, 201, 301, 401, null].map((reason) => ({ reason })),
      expected: [["no_bid"], ["error"], ["not_pinged"], ["rejected"], ["lost"], [null]],
    },
  ];

  test.each(groups)(
    "$report: groups by $by that are equal stand in the order of their values, null last",
    async ({ report, by, rows, expected }) => {
      const { list } = contracts[report];
      const contract = contracts.summaries[report];
      const window = { from: "2026-05-03", to: "2026-05-06", group_by: by };
      const alike = report === "callLogs" ? {} : { outcome: "no_bid", bid_amount: null };
      const records = rows.map((row, index) =>
        recordFor(list, `row_${index}`, Date.parse(moment), { ...alike, ...row }),
      );
      const values = expected ?? rows.map((row) => by.map((name) => row[name]));
      await arrived(records, async (tenant) => {
        const last = Object.keys(contract.measures).at(-1);
        const ask = (asked: Row) => answered(tenant, pathFor(contract, { ...window, ...asked }));
        const shown = ({ data }: Row) => data.map(({ group }: Row) => by.map((name) => group[name]));
        for (const asked of [{ order: "asc" }, { order: "desc" }, { order_by: last }])
          expect(shown(await ask(asked)), JSON.stringify(asked)).toStrictEqual(values);
        const cut = await ask({ top: 1 });
        expect([shown(cut), cut["rest"].groups]).toStrictEqual([values.slice(0, 1), values.length - 1]);
      });
    },
  );
});
