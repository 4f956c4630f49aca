import { isHiddenFrom } from "@moja/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { pathFor, rest, summaries, trpc } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

const [calls] = summaries as [(typeof summaries)[number]];
const [, , , , outgoing] = summaries;

describe.each(databases)("summaries on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  const ask = async (query: string, key = api.key) => (await rest(api, key, `/v1/summaries/call-logs?${query}`)).body;
  const hours = async (query: string) =>
    (await ask(query)).data[0].series.map((bucket: { hours: number }) => bucket.hours);

  test("the clock's days have 23, 24 and 25 hours, and a date is its first moment in the zone", async () => {
    const { applied, data } = await ask("interval=day&time_zone=America/New_York&from=2026-03-07&to=2026-03-10");
    expect([applied.from, applied.to]).toStrictEqual(["2026-03-07T05:00:00.000Z", "2026-03-10T04:00:00.000Z"]);
    expect(data[0].series.map(({ start, hours }: { start: string; hours: number }) => [start, hours])).toStrictEqual([
      ["2026-03-07T05:00:00.000Z", 24],
      ["2026-03-08T05:00:00.000Z", 23],
      ["2026-03-09T04:00:00.000Z", 24],
    ]);
    expect(await hours("interval=day&time_zone=America/New_York&from=2026-10-31&to=2026-11-03")).toStrictEqual([
      24, 25, 24,
    ]);
    expect(await hours("interval=day&time_zone=Europe/London&from=2026-03-29&to=2026-03-30")).toStrictEqual([23]);
    expect(await hours("interval=day&time_zone=Europe/London&from=2026-10-25&to=2026-10-26")).toStrictEqual([25]);
    expect(await hours("interval=day&time_zone=Australia/Lord_Howe&from=2026-10-04&to=2026-10-05")).toStrictEqual([
      23.5,
    ]);
    expect(await hours("interval=day&time_zone=Australia/Lord_Howe&from=2026-04-05&to=2026-04-06")).toStrictEqual([
      24.5,
    ]);
    expect(await hours("interval=day&time_zone=Asia/Kathmandu&from=2026-05-04&to=2026-05-06")).toStrictEqual([24, 24]);
  });

  test("an hour begins where the clock comes to a full hour, or is set over one", async () => {
    expect(await hours("interval=hour&time_zone=America/New_York&from=2026-03-08&to=2026-03-09")).toStrictEqual(
      Array.from({ length: 23 }, () => 1),
    );
    expect(await hours("interval=hour&time_zone=America/New_York&from=2026-11-01&to=2026-11-02")).toStrictEqual(
      Array.from({ length: 25 }, () => 1),
    );
    expect(
      await hours("interval=hour&time_zone=Australia/Lord_Howe&from=2026-10-03T14:30:00Z&to=2026-10-03T17:00:00Z"),
    ).toStrictEqual([1, 0.5, 1]);
    expect(
      await hours("interval=hour&time_zone=Australia/Lord_Howe&from=2026-04-04T13:00:00Z&to=2026-04-04T16:30:00Z"),
    ).toStrictEqual([1, 1.5, 1]);
    expect(
      await hours("interval=hour&time_zone=Asia/Kathmandu&from=2026-05-04T00:00:00Z&to=2026-05-04T02:00:00Z"),
    ).toStrictEqual([0.25, 1, 0.75]);
  });

  test("a week begins on Monday, a month on its first day, and the window cuts the first and the last", async () => {
    const starts = async (query: string) =>
      (await ask(query)).data[0].series.map(({ start }: { start: string }) => start.slice(0, 10));
    expect(await starts("interval=week&from=2026-05-06&to=2026-05-20")).toStrictEqual([
      "2026-05-06",
      "2026-05-11",
      "2026-05-18",
    ]);
    expect(await starts("interval=month&from=2026-01-31&to=2026-04-02")).toStrictEqual([
      "2026-01-31",
      "2026-02-01",
      "2026-03-01",
      "2026-04-01",
    ]);
  });

  test("buckets where nothing happened are there: counts and sums are zero, what cannot be known of nothing is null", async () => {
    const { data } = await ask("interval=day&from=2026-05-01&to=2026-05-04");
    expect(data[0].series).toHaveLength(3);
    expect(data[0].series[1]).toMatchObject({
      calls: 0,
      revenue_paid_out: 0,
      duration_seconds_sum: 0,
      conversion_rate: null,
      duration_seconds_avg: null,
    });
  });

  test("a sum of money that would not be exact is refused", async () => {
    const tenant = await api.tenant();
    const rich = (index: number, revenue_paid_out: number) =>
      recordFor(calls.list, `call_${index}`, Date.parse("2026-05-04"), { revenue_paid_out });
    await ingestOrFail(
      tenant,
      [0, 1, 2, 3].map((index) => rich(index, 999_999_999.999999)),
    );
    expect((await ask("from=2026-05-04&to=2026-05-05", tenant.key)).totals.revenue_paid_out).toBe(3_999_999_999.999996);
    await ingestOrFail(tenant, [rich(4, 999_999_999.999999)]);
    expect((await ask("from=2026-05-04&to=2026-05-05", tenant.key)).issues).toStrictEqual([
      { path: "from", message: expect.stringContaining("`revenue_paid_out` is beyond 4294967296 USD") },
    ]);
  });

  test.each(summaries)("$name lists equal groups in no order of the values that are masked", async ({ contract }) => {
    const tenant = await api.tenant();
    const digits = Array.from({ length: 8 }, (_, index) => `x-310555${2000 + index * 17}`);
    const shown = ["a", "b"];
    for (const [name, { field, reading }] of Object.entries(contract.dimensions)) {
      if (reading !== "value" || !isHiddenFrom(field, digits[0])) continue;
      const values = [...shown, ...digits];
      const routes = { dial_type: null, rtb_id: null, rtb_name: null, target_id: null, target_name: null };
      const records = values.map((value, index) =>
        recordFor(contract.list as Parameters<typeof recordFor>[0], `${name}.${index}`, Date.parse("2026-05-04"), {
          ...(contract.list.id === "call_log_id" && routes),
          [name]: value,
        }),
      );
      await ingestOrFail(tenant, records);
      const asked = {
        from: "2026-05-04",
        to: "2026-05-05",
        group_by: [name],
        [contract.list.id]: records.map((each) => (each as any)[contract.list.id]),
      };
      const ordered = async (more = {}) => {
        const { body } = await rest(api, tenant.key, pathFor(contract, { ...asked, ...more }));
        return body.data.map(({ group }: any) => group[name]);
      };
      const order = await ordered();
      expect(order.slice(0, 2)).toStrictEqual(shown);
      expect(order.toSorted()).toStrictEqual(values);
      expect([order, order.toReversed()]).not.toContainEqual(values);
      expect(order.slice(2)).not.toStrictEqual(digits.toReversed());
      expect(await ordered({ top: 4 })).toStrictEqual(order.slice(0, 4));
    }
  });

  test("failures that belong together stand in one group, with when they were first and last seen", async () => {
    const tenant = await api.tenant();
    const failure = (id: string, at: string, change: object) =>
      recordFor(outgoing!.list, id, Date.parse(at), {
        status: "failed",
        delivered_at: null,
        url_host: "a.example",
        error_code: "timeout",
        ...change,
      });
    await ingestOrFail(tenant, [
      failure("1", "2026-05-04T01:00:00Z", {}),
      failure("2", "2026-05-06T02:00:00Z", {}),
      failure("3", "2026-05-05T00:00:00Z", { error_code: "dns" }),
    ]);
    const { body } = await rest(
      api,
      tenant.key,
      "/v1/summaries/outgoing-webhooks?from=2026-05-01&to=2026-06-01&status=failed&group_by=url_host,event_type,error_code",
    );
    expect(
      body.data.map(({ group, failed, first_seen_at, last_seen_at }: any) => [
        group,
        failed,
        first_seen_at,
        last_seen_at,
      ]),
    ).toStrictEqual([
      [
        { event_type: "call.completed", error_code: "timeout", url_host: "a.example" },
        2,
        "2026-05-04T01:00:00.000Z",
        "2026-05-06T02:00:00.000Z",
      ],
      [
        { event_type: "call.completed", error_code: "dns", url_host: "a.example" },
        1,
        "2026-05-05T00:00:00.000Z",
        "2026-05-05T00:00:00.000Z",
      ],
    ]);
  });
});

describe("a summary", () => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness()));
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(summaries)(
    "$name refuses by name what it does not know, on both transports",
    async ({ name, contract }) => {
      const [dimension, measure] = [Object.keys(contract.dimensions)[0], Object.keys(contract.measures)[0]] as [
        string,
        string,
      ];
      const wrong = {
        group_by: [dimension, `${dimension}x`],
        order_by: `${measure}x`,
        interval: "dai",
        time_zone: "America/New_Yrok",
        top: 0,
        limit: 5,
      };
      const { status, body } = await rest(api, api.key, pathFor(contract, wrong));
      expect(`${status} ${body.code}`).toBe("400 invalid_request");
      const said = Object.fromEntries(
        body.issues.map(({ path, message }: { path: string; message: string }) => [path, message]),
      );
      expect(said).toStrictEqual({
        "group_by.1": expect.stringMatching(new RegExp(`^must be one of .*; did you mean \`${dimension}\`\\?$`)),
        order_by: expect.stringMatching(new RegExp(`^must be one of .*; did you mean \`${measure}\`\\?$`)),
        interval: "must be one of hour, day, week, month; did you mean `day`?",
        time_zone: "is no IANA time zone; the nearest is `America/New_York`",
        top: "must be a whole number from 1 to 1000",
        limit: expect.stringContaining("is not a parameter here"),
      });
      const overTrpc = await trpc(api, api.key, name, wrong);
      expect(overTrpc.body.issues.toSorted(byPath)).toStrictEqual(body.issues.toSorted(byPath));
    },
  );

  const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
  const refused = async (query: string) => (await rest(api, api.key, `/v1/summaries/call-logs?${query}`)).body.issues;

  test("names the nearest zone by its city too, and takes no offset for a zone", async () => {
    const nearest = async (zone: string) =>
      (await refused(`time_zone=${encodeURIComponent(zone)}`))[0].message.split("`")[1];
    expect(await nearest("New York")).toBe("America/New_York");
    expect(await nearest("Lord_How")).toBe("Australia/Lord_Howe");
    expect(await nearest("Ucr")).toBe("UTC");
    for (const offset of ["%2B05:45", "-05:00", "UTC%2B2", "GMT-5"])
      expect(await refused(`time_zone=${offset}`)).toStrictEqual([
        {
          path: "time_zone",
          message:
            "must be an IANA time zone, like America/New_York; an offset goes into `from` and `to`, like 2026-05-04T00:00:00-04:00",
        },
      ]);
    expect((await rest(api, api.key, "/v1/summaries/call-logs?time_zone=Asia/Kathmandu")).body.applied.time_zone).toBe(
      "Asia/Kathmandu",
    );
  });

  test("refuses more than 10,000 buckets by name, and says what fits", async () => {
    expect(await refused("interval=hour&from=2020-01-01&to=2026-01-01")).toStrictEqual([
      { path: "interval", message: expect.stringContaining("by hour gives more than 10,000 buckets in this window") },
    ]);
    expect(await refused("interval=hour&group_by=status&from=2026-05-01&to=2026-05-31")).toStrictEqual([
      {
        path: "interval",
        message:
          "gives up to 72,720 buckets (720 for each of 101 rows), and 10,000 is the most: take a longer interval, a shorter window, or `top` 12 at most",
      },
    ]);
    expect(await refused("interval=hour&group_by=status&from=2026-05-01&to=2026-05-31&top=12")).toBeUndefined();
  });

  test("takes no word for another with which it has nothing in common", async () => {
    expect(await refused("moja_magic=2")).toStrictEqual([{ path: "moja_magic", message: "must be one of yes, no" }]);
  });

  test("refuses more than three dimensions, and one named twice", async () => {
    expect(await refused("group_by=status,campaign_id,buyer_id,dial_type")).toStrictEqual([
      { path: "group_by", message: "must have at most 3 values" },
    ]);
    expect(await refused("group_by=status,status")).toStrictEqual([
      { path: "group_by", message: "must name each dimension once" },
    ]);
  });

  test.each(summaries)("$name offers nothing as a dimension that is withheld whatever it says", ({ contract }) => {
    for (const { column } of Object.values(contract.dimensions))
      expect([column, isHiddenFrom(contract.row.shape[column as never], "")]).toStrictEqual([column, false]);
  });
});
