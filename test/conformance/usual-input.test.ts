import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportOperations } from "../support/download.ts";
import { exchange } from "../support/exchange.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { lists, pathFor, procedures, rest, summaries, trpc } from "../support/http.ts";

/** What people write instead of a parameter, by the parameter that they mean. */
const usual: Record<string, string[]> = {
  cursor: ["page", "offset", "starting_after", "pageToken", "next_cursor"],
  from: ["start_date", "since", "startDate", "date-from", "start", "form"],
  to: ["end_date", "until", "endTime"],
  time_zone: ["timezone", "tz", "timeZone", "time-zone"],
  limit: ["per_page", "pageSize", "page-size", "max_results", "limt"],
  order: ["sort", "sort_order", "direction"],
};
const usualOfSummaries: Record<string, string[]> = {
  top: ["limit", "per_page"],
  group_by: ["group", "dimensions", "groupBy", "breakdown"],
  order_by: ["sort", "sortBy"],
  interval: ["granularity", "bucket"],
};
const pairs = (names: Record<string, string[]>) =>
  Object.entries(names).flatMap(([meant, written]) => written.map((name) => ({ meant, name })));

const yes = ["yes", "true", "1", "YES", "True"];
const no = ["no", "false", "0", "No", "FALSE"];

describe("what people write", () => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness()));
  afterAll(() => api[Symbol.asyncDispose]());

  /** Refuses a parameter over each transport, and says which one is probably meant. */
  async function expectHint(operation: (typeof procedures)[number], name: string, meant: string): Promise<void> {
    const issue = { path: name, message: `is not a parameter here; did you mean \`${meant}\`?` };
    const answers = [
      await rest(api, api.key, pathFor(operation.contract, { [name]: "2" })),
      await trpc(api, api.key, operation.name, { [name]: "2" }),
    ];
    for (const { status, body } of answers)
      expect([status, body.issues, body.detail], operation.name).toStrictEqual([
        400,
        [issue],
        `\`${name}\` ${issue.message}`,
      ]);
  }

  test.each(lists)("instead of a parameter of $name leads to it", async (list) => {
    for (const { meant, name } of pairs(usual)) await expectHint(list, name, meant);
  });

  test.each(summaries)("instead of a parameter of $name leads to it", async (summary) => {
    for (const { meant, name } of pairs(usualOfSummaries)) await expectHint(summary, name, meant);
  });

  test.each(summaries)("instead of a dimension or a measure of $name leads to it", async ({ contract }) => {
    const usualValues = {
      group_by: {
        buyer: "buyer_id",
        Campaign: "campaign_id",
        publisherId: "publisher_id",
        reason: /reason/,
        caller: "caller_ref",
      },
      order_by: {
        count: /^(calls|requests)$/,
        revenue: "revenue_paid_out",
        payout: "publisher_paid_out",
        rejected: "accepted",
      },
    };
    for (const [name, values] of Object.entries(usualValues))
      for (const [written, meant] of Object.entries(values)) {
        const known = Object.keys(name === "group_by" ? contract.dimensions : contract.measures);
        const found = known.find((each) => (typeof meant === "string" ? each === meant : meant.test(each)));
        if (found === undefined || known.includes(written)) continue;
        const { status, body } = await rest(api, api.key, `${contract.path}?${name}=${written}`);
        expect([status, body.detail], written).toStrictEqual([
          400,
          expect.stringMatching(new RegExp(`must be one of .*; did you mean \`${found}\`\\?`)),
        ]);
      }
  });

  test.each(exportOperations)("instead of a parameter of the export $name leads to it", async ({ contract }) => {
    for (const { meant, name } of pairs({ columns: ["fields", "select"], from: ["since"], format: ["file_type"] }))
      expect((await rest(api, api.key, `${contract.path}?${name}=x`)).body.detail).toContain(
        `did you mean \`${meant}\`?`,
      );
  });

  test.each([
    ["/v1/calls", "/v1/call-logs"],
    ["/v1/calls/call_1", "/v1/call-logs/call_1"],
    ["/v1/call_logs/call_1/timeline", "/v1/call-logs/call_1/timeline"],
    ["/call-logs", "/v1/call-logs"],
    ["/api/v1/call-logs", "/v1/call-logs"],
    ["/v2/call-logs", "/v1/call-logs"],
    ["/v1/Call-Logs", "/v1/call-logs"],
    ["/v1/inbound-requests", "/v1/rtb/inbound-requests"],
    ["/v1/rtb/outbound", "/v1/rtb/outbound-requests"],
    ["/v1/webhook/incoming", "/v1/webhooks/incoming-requests"],
    ["/v1/export/calls", "/v1/exports/call-logs"],
    ["/v1/rtb/requests/req_1/lifelog", "/v1/rtb/requests/req_1/life-log"],
  ])("%s leads to %s", async (path, meant) => {
    for (const method of ["GET", "POST"]) {
      const { status, text } = await exchange(api, { path, method });
      expect([status, JSON.parse(text).detail]).toStrictEqual([
        404,
        `There is nothing at ${path}. Did you mean ${meant}? The documentation is at /docs.`,
      ]);
    }
  });

  test("that is like nothing here leads to the documentation only", async () => {
    for (const path of ["/v1/invoices", "/v1/xyzzy/1", "/wp-admin", "/favicon.ico"])
      expect(JSON.parse((await exchange(api, { path })).text).detail).toBe(
        `There is nothing at ${path}. The documentation is at /docs.`,
      );
    expect((await trpc(api, api.key, "callLogs.lst")).body.detail).toBe(
      "There is no procedure `callLogs.lst`. Did you mean `callLogs.list`?",
    );
  });

  test.each(lists)(
    "for yes and no is one word in $name, and so are its cursors and files",
    async ({ name, contract }) => {
      const flags = Object.entries(contract.filters).flatMap(([flag, { operator }]) =>
        operator === "yes_or_no" ? [flag] : [],
      );
      for (const [words, word] of [
        [yes, "yes"],
        [no, "no"],
      ] as const)
        for (const flag of flags)
          for (const written of words) {
            const { body } = await rest(api, api.key, pathFor(contract, { [flag]: written }));
            expect(body.applied?.filters, written).toStrictEqual({ [flag]: word });
            for (const value of [written, written.toLowerCase() === "true" || written])
              expect((await trpc(api, api.key, name, { [flag]: value })).body.applied?.filters).toStrictEqual({
                [flag]: word,
              });
          }
      for (const flag of flags)
        expect((await rest(api, api.key, pathFor(contract, { [flag]: "maybe" }))).body.detail).toBe(
          `\`${flag}\` must be one of yes, no.`,
        );
      for (const written of yes)
        expect((await rest(api, api.key, pathFor(contract, { totals: written }))).body.totals).not.toBeNull();
      for (const written of no)
        expect((await rest(api, api.key, pathFor(contract, { totals: written }))).body.totals).toBeNull();
    },
  );

  test.each(exportOperations)("for yes and no is taken by the export $name", async ({ contract }) => {
    const answered = async (query: string) => (await rest(api, api.key, `${contract.path}?${query}`)).headers;
    for (const written of yes) {
      expect((await answered(`estimate=${written}`)).get("content-type")).toMatch("application/json");
      expect((await answered(`totals=${written}`)).get("x-export-totals")).toMatch(/^\{"rows"/);
      expect((await rest(api, api.key, `${contract.path}?estimate=${written}&cursor=abc`)).body.issues).toStrictEqual([
        { path: "estimate", message: "is of the whole export: leave `cursor` out" },
      ]);
    }
    for (const written of no) expect((await answered(`estimate=${written}`)).get("content-type")).toMatch("text/csv");
  });

  test.each(lists)("as name[] or name[0] is a list of values in $name", async ({ contract }) => {
    for (const [filter, { input }] of Object.entries(contract.filters)) {
      const example = input.meta()?.examples?.[0] ?? input.unwrap?.()?.meta()?.examples?.[0];
      if (!Array.isArray(example)) continue;
      const value = encodeURIComponent(String(example[0]));
      const { body: plain } = await rest(api, api.key, `${contract.path}?${filter}=${value}&${filter}=${value}`);
      for (const [one, two] of [
        ["[]", "[]"],
        ["%5B%5D", "%5B%5D"],
        ["[0]", "[1]"],
        ["", "[]"],
      ]) {
        const query = `${filter}${one}=${value}&${filter}${two}=${value}`;
        const { status, body } = await rest(api, api.key, `${contract.path}?${query}`);
        expect([status, body.applied.filters], query).toStrictEqual([200, plain.applied.filters]);
      }
    }
    expect((await rest(api, api.key, `${contract.path}?limit[]=5`)).body.applied.limit).toBe(5);
  });

  test("of several things that are wrong leads to the first, and says how many more there are", async () => {
    for (const { status, body } of [
      await rest(api, api.key, "/v1/call-logs?limit=0&order=up&page=2"),
      await trpc(api, api.key, "callLogs.list", { limit: 0, order: "up", page: 2 }),
    ])
      expect([status, body.detail]).toStrictEqual([
        400,
        "`limit` must be a whole number from 1 to 1000. 2 more in `issues`.",
      ]);
    const response = await fetch(`${api.url}/trpc/callLogs.list?input=${encodeURIComponent('{"limit":0}')}`, {
      headers: { "X-API-Key": api.key },
    });
    expect(((await response.json()) as any).error.message).toBe("`limit` must be a whole number from 1 to 1000.");
  });
});

describe("a key that is not where it belongs", () => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness()));
  afterAll(() => api[Symbol.asyncDispose]());

  const authorizations = [
    { sent: "KEY", said: "The header `Authorization` has no `Bearer` before its key: " },
    { sent: "Bearer", said: "The header `Authorization` has nothing after `Bearer`: " },
    { sent: "Basic KEY", said: "The header `Authorization` takes `Bearer`, not `Basic`: " },
    { sent: "Token KEY", said: "The header `Authorization` takes `Bearer`, not `Token`: " },
    { sent: "moja_x_y KEY", said: "The header `Authorization` takes `Bearer`, not its scheme: " },
  ];
  const names = ["api_key", "apikey", "apiKey", "key", "token", "access_token", "X-API-Key", "auth"];

  test.each(authorizations)("in Authorization: $sent is told so, by every operation", async ({ sent, said }) => {
    const Authorization = sent.replace("KEY", api.key);
    for (const { path } of [
      ...procedures.map(({ contract }) => ({ path: pathFor(contract, contract.example.input) })),
      ...procedures.map(({ name }) => ({ path: `/trpc/${name}` })),
      ...exportOperations.map(({ contract }) => contract),
    ]) {
      const { status, headers, text } = await exchange(api, { path, headers: { Authorization } });
      const body = JSON.parse(text);
      const { code, detail } = body.error?.data ?? body;
      expect([status, code, headers["www-authenticate"], detail], path).toStrictEqual([
        401,
        "missing_api_key",
        "Bearer",
        `${said}send the key in the header \`X-API-Key\` (or \`Authorization: Bearer <key>\`).`,
      ]);
      expect(text).not.toContain(api.key);
    }
  });

  test.each(names)("in the URL as %s is refused with words of its own, with and without another key", async (name) => {
    const path = `/v1/call-logs?${name}=${api.key}`;
    const { body } = await rest(api, undefined, path);
    expect([body.code, body.detail]).toStrictEqual([
      "missing_api_key",
      `\`${name}\` in the URL is not taken, because URLs end up in logs: send the key in the header \`X-API-Key\` ` +
        "(or `Authorization: Bearer <key>`). If it was a real key, have it replaced.",
    ]);
    const second = (await rest(api, api.key, path)).body;
    expect([second.code, second.issues]).toStrictEqual([
      "invalid_request",
      [
        {
          path: name,
          message: "is not taken in a URL, which ends up in logs: send the key in the header `X-API-Key`",
        },
      ],
    ]);
    for (const each of [body, second]) expect(JSON.stringify(each)).not.toContain(api.key);
  });
});
