import { createClient, MojaError, type Client } from "@moja/client";
import { contracts, type Contracts } from "@moja/contracts";
import { exampleRows, startMockServer, type MockServer } from "@moja/contracts/testing";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { startHarness, type Harness } from "../support/harness.ts";
import { lists, procedures, reports } from "../support/http.ts";

type Ask = (client: Client) => Promise<unknown>;
type Asked = Record<string, Record<string, (input: unknown) => Promise<unknown>>>;

const named =
  (name: string, input: unknown): Ask =>
  (client) => {
    const [report, operation] = name.split(".") as [string, string];
    return (client as unknown as Asked)[report]?.[operation]?.(input) as Promise<unknown>;
  };

const window = { from: "2026-05-04", to: "2026-05-05" };
const questions: [string, Ask][] = [
  ...reports.map(({ name, contract }): [string, Ask] => [
    `the documented example of ${name}`,
    named(name, contract.example.input),
  ]),
  ...reports
    .filter(({ contract }) => !("filters" in contract))
    .flatMap(({ name, contract }): [string, Ask][] => {
      const [id] = Object.keys(contract.example.input) as [string];
      return [
        [`${name} of an id that is not there`, named(name, { [id]: "nobody" })],
        [`${name} of what is no id`, named(name, { [id]: "a b" })],
        [`${name} without an id`, named(name, {})],
        [`${name} with more`, named(name, { ...contract.example.input, lmit: 1 })],
      ];
    }),
  ...lists.flatMap(({ name, contract }): [string, Ask][] => [
    [`${name} of a day`, named(name, window)],
    [`${name} of a day, the oldest first`, named(name, { ...window, order: "asc", limit: 1000 })],
    [`${name} of other ids`, named(name, { ...window, [contract.id]: ["nobody"] })],
    [
      `${name} that changed since, as written with an offset`,
      named(name, { ...window, updated_since: "2026-05-04T14:00:00+02:00" }),
    ],
    [
      `${name} with everything wrong`,
      named(name, { form: "x", limit: 0, order: "up", from: "yesterday", updated_since: 1, [contract.id]: [] }),
    ],
    [`${name} with a window that ends before it begins`, named(name, { from: "2026-05-05", to: "2026-05-04" })],
    [
      `${name} from the first page, as infinite queries ask for it`,
      named(name, { ...window, cursor: null, direction: "forward" }),
    ],
    [`${name} backwards`, named(name, { ...window, direction: "backward" })],
    [`${name} with a cursor that is none`, named(name, { ...window, cursor: "x" })],
    [`${name} with a time zone that is none`, named(name, { ...window, time_zone: "America/New_Yrok", order: "dsc" })],
    [
      `${name} with moments, and a time zone`,
      named(name, {
        from: "2026-05-04T00:00:00-04:00",
        to: "2026-05-05T00:00:00-04:00",
        time_zone: "America/New_York",
      }),
    ],
    [`${name} with no object`, named(name, [1])],
  ]),
  [
    "calls by tag, range, yes or no",
    (client) =>
      client.callLogs.list({
        ...window,
        tag: ["quality:reviewed"],
        cost_min: 0.01183,
        cost_max: 0.01183,
        converted: "no",
      }),
  ],
  ["calls by a tag's other value", (client) => client.callLogs.list({ ...window, tag: ["quality:other", "nothing"] })],
  [
    "calls by a filter at whose column they have nothing",
    (client) => client.callLogs.list({ ...window, target_id: ["target_1"] }),
  ],
  [
    "bids by reason",
    (client) => client.outboundRtb.list({ ...window, reason_code: [301], reason_class: ["rejected", "lost"] }),
  ],
  ["bids by another reason", (client) => client.outboundRtb.list({ ...window, reason_class: ["lost"] })],
  [
    "requests by HTTP status",
    (client) => client.inboundRtb.list({ ...window, http_status_class: ["2xx"], http_status: [200] }),
  ],
  ["records that are written with a key for reading", (client) => client.ingest.push([])],
];

/** What comes of a question; a refusal without its request's id, which is another each time. */
async function outcome(ask: Ask, client: Client): Promise<unknown> {
  try {
    return await ask(client);
  } catch (error) {
    if (!(error instanceof MojaError)) throw error;
    const { code, status, message, issues } = error;
    return { code, status, message, issues };
  }
}

describe("the mock server for consumers' tests", () => {
  let api: Harness;
  let mockServer: MockServer;
  beforeAll(async () => void ([api, mockServer] = await Promise.all([startHarness(), startMockServer()])));
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await mockServer[Symbol.asyncDispose]();
  });

  /**
   * All rows of the example organization, page by page as the API gives them: the mock server must not know them from
   * elsewhere.
   */
  const rowsOf = async (client: Client) => {
    const rows: Record<string, unknown[]> = {};
    for (const { name, contract } of lists)
      rows[String(name.split(".")[0])] = (
        (await named(name, {
          ...window,
          [contract.id]: (contract.example.output.data as Record<string, unknown>[]).map((row) => row[contract.id]),
        })(client)) as { data: unknown[] }
      ).data;
    return rows;
  };

  test("has the API's own rows", async () => {
    expect(await rowsOf(createClient(mockServer))).toStrictEqual(await rowsOf(createClient(api)));
    expectTypeOf(exampleRows.callLogs[0]?.cost).toEqualTypeOf<number | null | undefined>();
    expectTypeOf<keyof typeof exampleRows>().toEqualTypeOf<Exclude<keyof Contracts, "rtbRequests" | "summaries">>();
    expect(Object.keys(exampleRows).toSorted()).toStrictEqual(
      Object.keys(contracts)
        .filter((report) => report !== "rtbRequests" && report !== "summaries")
        .toSorted(),
    );
  });

  test.each(questions)("answers %s as the API does", async (_, ask) => {
    const real = await outcome(ask, createClient(api));
    expect(await outcome(ask, createClient(mockServer))).toStrictEqual(real);
  });

  test("refuses a missing, a wrong and a misspelled thing as the API does", async () => {
    for (const key of [undefined, "wrong"]) {
      for (const path of [...procedures.map(({ name }) => name), "callLogs.nothing", "callLogs.lst"]) {
        const ask = async ({ url }: { url: string }) => {
          const response = await fetch(`${url}/trpc/${path}`, {
            headers: key === undefined ? {} : { "X-API-Key": key },
          });
          const { error } = (await response.json()) as { error: { data: { request_id: string } } };
          expect(response.headers.get("x-request-id")).toBe(error.data.request_id);
          return [response.status, { ...error, data: { ...error.data, request_id: "" } }];
        };
        expect(await ask(mockServer), path).toStrictEqual(await ask(api));
      }
    }
  });

  test("pages rows of a consumer's own, and gives a call's", async () => {
    const [call] = exampleRows.callLogs;
    if (!call) throw new Error("There is no example call");
    const callLogs = Array.from({ length: 7 }, (_, index) => ({
      ...call,
      call_log_id: `mine-${index}`,
      started_at: new Date(Date.now() - 1000 * (1 + Math.floor(index / 2))).toISOString(),
    }));
    await using own = await startMockServer({ rows: { callLogs } });
    const client = createClient(own);
    const ids: string[] = [];
    for await (const row of client.callLogs.all({ limit: 3 })) ids.push(row.call_log_id);
    expect(ids).toStrictEqual(["mine-1", "mine-0", "mine-3", "mine-2", "mine-5", "mine-4", "mine-6"]);
    expect(await client.callLogs.get({ call_log_id: "mine-3" })).toStrictEqual(callLogs[3]);
    const { next_cursor } = await client.callLogs.list({ limit: 3 });
    await expect(client.callLogs.list({ limit: 3, order: "asc", cursor: String(next_cursor) })).rejects.toMatchObject({
      code: "invalid_cursor",
    });
    await expect(client.rtbRequests.get({ request_id: "req_out_c1" })).rejects.toThrow(
      "details only for the documented req_in_5w8d",
    );
  });

  test("says what it does not have", async () => {
    const client = createClient(mockServer);
    await expect(
      client.callLogs.list({ ...window, updated_since: "2026-05-01", time_zone: "America/New_York" }),
    ).rejects.toMatchObject({
      issues: [{ path: "from", message: "must be a moment: the mock server knows dates in UTC alone" }],
    });
    await expect(client.summaries.callLogs({ ...window, group_by: ["buyer_id"] })).rejects.toThrow(
      "The mock server has of each summary its documented example alone",
    );
    await expect(client.callLogs.estimate(window)).rejects.toThrow(
      "The mock server answers tRPC at /trpc, not /v1/exports/call-logs",
    );
  });
});
