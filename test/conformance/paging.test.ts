import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists, pathFor, rest, trpc } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

const from = "2026-03-01T00:00:00.000Z";
const to = "2026-03-02T00:00:00.000Z";
const beginning = Date.parse(from);

/** 23 rows: on both edges of the window, and many of one millisecond. */
const times = [
  -1,
  0,
  0,
  0,
  ...Array.from({ length: 12 }, () => 5000),
  6000,
  6001,
  7000,
  86_399_999,
  86_400_000,
  86_400_001,
  86_399_999,
];
const within = times.flatMap((time, index) => (time >= 0 && time < 86_400_000 ? [`row-${index}`] : []));

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    api = await startHarness(create);
    tenant = await api.tenant();
    for (const { contract } of lists)
      await ingestOrFail(
        tenant,
        times.map((time, index) => recordFor(contract, idOf(contract, index), beginning + time)),
      );
  });
  afterAll(() => api[Symbol.asyncDispose]());

  /** Ids of different directions share a table: each list has its own. */
  const idOf = (list: { path: string }, index: number) => `${list.path.replaceAll("/", ".")}:row-${index}`;

  async function walk(
    list: (typeof lists)[number]["contract"],
    input: Record<string, unknown>,
    between?: (page: number) => Promise<void>,
  ) {
    const ids: string[] = [];
    let cursor: string | null = null;
    let page = 0;
    do {
      const { body }: { body: any } = await rest(
        api,
        tenant.key,
        pathFor(list, { ...input, ...(cursor !== null && { cursor }) }),
      );
      ids.push(...body.data.map((row: Record<string, string>) => String(row[list.id]).split(":").at(-1)));
      cursor = body.next_cursor;
      await between?.(++page);
    } while (cursor !== null);
    return ids;
  }

  test.each(lists)(
    "$name gives every row of the window exactly once, whatever the page size and order",
    async ({ contract }) => {
      for (const order of ["asc", "desc"]) {
        const whole = await walk(contract, { from, to, order, limit: 1000 });
        expect(whole.toSorted()).toStrictEqual(within.toSorted());
        for (const limit of [1, 2, 3, within.length - 1, within.length, within.length + 1])
          expect(await walk(contract, { from, to, order, limit })).toStrictEqual(whole);
      }
      const ascending = await walk(contract, { from, to, order: "asc" });
      expect(await walk(contract, { from, to })).toStrictEqual(ascending.toReversed());
    },
  );

  test.each(lists)(
    "$name keeps to its window while rows arrive, and needs no repeated from and to",
    async ({ contract }) => {
      const own = await api.tenant();
      const aMinuteAgo = Date.now() - 60_000;
      const recent = Array.from({ length: 6 }, (_, index) => recordFor(contract, `old-${index}`, aMinuteAgo - index));
      await ingestOrFail(own, recent);
      let path = pathFor(contract, { limit: 2 });
      const seen: string[] = [];
      for (let page = 0; path !== ""; page++) {
        const { body, headers } = await rest(api, own.key, path);
        seen.push(...body.data.map((row: Record<string, string>) => row[contract.id]));
        await ingestOrFail(own, [recordFor(contract, `new-${page}`, Date.now() + 1000)]);
        path = /^<([^>]+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1] ?? "";
        expect(body.next_cursor === null).toBe(path === "");
      }
      expect(seen).toStrictEqual(recent.map((_, index) => `old-${index}`));
    },
  );

  test.each(lists)(
    "$name refuses cursors that are foreign, changed, or used with anything else",
    async ({ name, contract }) => {
      const { body } = await rest(api, tenant.key, pathFor(contract, { from, to, limit: 2 }));
      const cursor = String(body.next_cursor);
      const other = lists.find((each) => each.name !== name)?.contract ?? contract;
      const [filter] =
        Object.entries(contract.filters).find(
          ([, each]) => each.operator === "any_of" && each.column.endsWith("_id"),
        ) ?? [];
      const changed = Buffer.from(
        Buffer.from(cursor, "base64url")
          .toString()
          .replace(/row-\d+/, "row-0"),
      ).toString("base64url");
      const refused = [
        pathFor(other, { from, to, limit: 2, cursor }),
        pathFor(contract, { from, to, order: "asc", cursor }),
        pathFor(contract, { from, to: "2026-03-03T00:00:00.000Z", cursor }),
        pathFor(contract, { from, to, [String(filter)]: "x", cursor }),
        pathFor(contract, { from, to, cursor: changed }),
        pathFor(contract, { from, to, cursor: cursor.slice(1) }),
        pathFor(contract, { from, to, cursor: "not-a-cursor" }),
      ];
      for (const path of refused) {
        const answer = await rest(api, tenant.key, path);
        expect(`${path} ${answer.status} ${answer.body.code}`).toBe(`${path} 400 invalid_cursor`);
      }
      const stranger = await api.tenant();
      expect((await rest(api, stranger.key, pathFor(contract, { from, to, limit: 2, cursor }))).body.code).toBe(
        "invalid_cursor",
      );
      expect((await trpc(api, tenant.key, name, { from, to, order: "asc", cursor })).body.code).toBe("invalid_cursor");
      expect((await rest(api, tenant.key, pathFor(contract, { from, to, limit: 5, cursor }))).status).toBe(200);
    },
  );

  test.each(lists)("$name takes the last 30 days when no window is given, and says so", async ({ contract }) => {
    const { body } = await rest(api, tenant.key, pathFor(contract, { limit: 1 }));
    expect(Date.parse(body.applied.to) - Date.parse(body.applied.from)).toBe(30 * 24 * 60 * 60 * 1000);
    expect(Math.abs(Date.now() - Date.parse(body.applied.to))).toBeLessThan(60_000);
    const ended = await rest(api, tenant.key, pathFor(contract, { to: "2026-03-31" }));
    expect(ended.body.applied).toMatchObject({ from: "2026-03-01T00:00:00.000Z", to: "2026-03-31T00:00:00.000Z" });
  });
});
