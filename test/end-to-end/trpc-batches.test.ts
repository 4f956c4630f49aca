import type { ReportingRouter } from "@moja/contracts";
import { createTRPCClient, httpBatchLink, TRPCClientError } from "@trpc/client";
import { describe, expect, test } from "vitest";
import { lists } from "../support/http.ts";
import { startHarness, type Harness } from "../support/harness.ts";

const batching = ({ url }: Harness, key: string | undefined) =>
  createTRPCClient<ReportingRouter>({
    links: [httpBatchLink({ url: `${url}/trpc`, headers: key === undefined ? {} : { "X-API-Key": key } })],
  });

/** What each call of a batch came to: its answer's names or its error's code. */
const settled = async (calls: Promise<object>[]) =>
  (await Promise.allSettled(calls)).map((each) =>
    each.status === "fulfilled"
      ? Object.keys(each.value)
      : each.reason instanceof TRPCClientError && [each.reason.data.status, each.reason.data.code],
  );

describe("a tRPC batch", () => {
  test("answers each call by itself, also where another is refused", async () => {
    await using api = await startHarness();
    const { callLogs, me } = batching(api, api.key);
    const calls = () => [
      callLogs.list.query({ limit: 1 }),
      callLogs.get.query({ call_log_id: "nobody" }),
      me.get.query(),
    ];
    const [page, missing, key] = await settled(calls());
    expect(page).toContain("next_cursor");
    expect(missing).toStrictEqual([404, "not_found"]);
    expect(key).toContain("organization");
    expect(await settled([batching(api, "wrong").me.get.query()])).toStrictEqual([[401, "invalid_api_key"]]);
  });

  test("is a request of each of its calls' endpoints: those over their limit are refused by themselves", async () => {
    await using api = await startHarness(undefined, { RATE_LIMIT_PER_ENDPOINT: "3" });
    const { callLogs, me } = batching(api, api.key);
    const three = [me.get.query(), me.get.query(), me.get.query(), callLogs.list.query()];
    expect((await Promise.allSettled(three)).map(({ status }) => status)).toStrictEqual(three.map(() => "fulfilled"));
    const mixed = [me.get.query(), ...[1, 2, 3].map((limit) => callLogs.list.query({ limit })), me.get.query()];
    expect(await settled(mixed)).toStrictEqual([
      [429, "rate_limited"],
      expect.arrayContaining(["next_cursor"]),
      expect.arrayContaining(["next_cursor"]),
      [429, "rate_limited"],
      [429, "rate_limited"],
    ]);
    expect(await settled([callLogs.list.query(), me.get.query()])).toStrictEqual([
      [429, "rate_limited"],
      [429, "rate_limited"],
    ]);
    expect(await settled([me.get.query()])).toStrictEqual([[429, "rate_limited"]]);
  });

  test("of more than 20 calls is refused in words", async () => {
    await using api = await startHarness();
    const calls = (count: number) => Array.from({ length: count }, () => batchingClient.me.get.query());
    const batchingClient = batching(api, api.key);
    expect((await settled(calls(20))).filter((each) => each !== false && each.includes("organization"))).toHaveLength(
      20,
    );
    const [first] = await Promise.allSettled(calls(21));
    expect(first).toMatchObject({
      reason: { message: expect.stringContaining("20 calls"), data: { status: 400, code: "invalid_request" } },
    });
  });
});

describe("a tRPC input", () => {
  test.each(["{", "[1", "'limit'", "{limit:1}"])("that is no JSON is named so: %s", async (input) => {
    await using api = await startHarness();
    for (const batch of ["", "&batch=1"]) {
      const url = `${api.url}/trpc/callLogs.list?input=${encodeURIComponent(input)}${batch}`;
      const answer = await fetch(url, { headers: { "X-API-Key": api.key } });
      expect([answer.status, await answer.text()]).toStrictEqual([
        400,
        expect.stringContaining("The input is no JSON"),
      ]);
    }
  });
});

describe("a tRPC infinite query", () => {
  test.each(lists)("of $name may send its direction, and nothing else that is unknown", async ({ name }) => {
    await using api = await startHarness();
    const ask = async (input: object, transport = "trpc") => {
      const path =
        transport === "trpc"
          ? `/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`
          : `${lists.find((list) => list.name === name)?.contract.path}?${new URLSearchParams({ ...input })}`;
      return (await fetch(`${api.url}${path}`, { headers: { "X-API-Key": api.key } })).status;
    };
    expect(await ask({ limit: 1, direction: "forward" })).toBe(200);
    expect(await ask({ limit: 1, direction: "forward", cursor: null })).toBe(200);
    expect(await ask({ limit: 1, cursor: null })).toBe(200);
    expect(await ask({ limit: 1, direction: "backward" })).toBe(400);
    expect(await ask({ limit: 1, direction: "forward", nobody: 1 })).toBe(400);
    expect(await ask({ limit: "1", direction: "forward" }, "rest")).toBe(400);
  });
});
