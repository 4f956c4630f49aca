import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { lists, pathFor, rest, trpc } from "../support/http.ts";
import { recordFor } from "../support/record-factory.ts";

const window = { from: "2026-03-01T00:00:00.000Z", to: "2026-03-02T00:00:00.000Z" };
const [from, to] = [Date.parse(window.from), Date.parse(window.to)];

/** Positions that no row has: beyond what a column, a date or a number can be. */
const positions: unknown[][] = [
  [from, to, from + 1, "x"],
  [-1e300, 1e300, 1e300, "x"],
  [0.5, 1.5, 1.25, "x"],
  [2 ** 63, -(2 ** 63), 2 ** 64, "x"],
  [from, to, 9e15, "x"],
  [from, to, from + 1, "\0"],
  [from, to, from + 1, "x".repeat(100_000).slice(0, 500)],
  [null, null, null, null],
];

const encode = (payload: string, sum: string) => Buffer.from(JSON.stringify([payload, sum])).toString("base64url");

/** Cursors as who knows how they are made, but not the secret, can make them. */
function forged(binding: unknown): string[] {
  return [1, 2].flatMap((version) =>
    positions.flatMap((position) => {
      const payload = JSON.stringify([version, ...position]);
      const sum = createHash("sha256")
        .update(JSON.stringify([payload, binding]))
        .digest("base64url");
      return [encode(payload, sum.slice(0, 16)), encode(payload, sum.slice(0, 22)), encode(payload, "")];
    }),
  );
}

describe.each(databases)("a cursor on $name that was not given out", ({ create }) => {
  let api: Harness;
  let [tenant, stranger]: Partial<Tenant>[] = [];
  beforeAll(async () => {
    api = await startHarness(create);
    [tenant, stranger] = [await api.tenant(), await api.tenant()];
    for (const each of [tenant, stranger] as Tenant[])
      for (const { contract } of lists)
        await ingestOrFail(
          each,
          [1, 2, 3].map((row) => recordFor(contract, `${contract.path.replaceAll("/", ".")}:${row}`, from + row)),
        );
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(lists)("is refused by $name and its export, on both transports", async ({ name, contract }) => {
    const { key = "", organization_id } = tenant ?? {};
    const ask = (cursor: string, by = key) => rest(api, by, pathFor(contract, { ...window, limit: 1, cursor }));
    const refusal = [400, "invalid_cursor"];
    for (const cursor of forged([contract.path, organization_id, "desc", {}])) {
      const exported = contract.path.replace(/^\/v1\/(\w+\/)?/, (_, room = "") =>
        room === "" ? "/v1/exports/" : `/v1/exports/${room}`,
      );
      const answers = [await ask(cursor), await trpc(api, key, name, { ...window, limit: 1, cursor })];
      for (const { status, body } of answers) expect([status, body.code]).toStrictEqual(refusal);
      const { status, body } = await rest(api, key, pathFor({ path: exported }, { ...window, cursor }));
      if (status !== 404) expect([status, body.code]).toStrictEqual(refusal);
    }

    const { body } = await rest(api, key, pathFor(contract, { ...window, limit: 1 }));
    const given = String(body.next_cursor);
    expect((await ask(given)).status).toBe(200);
    expect((await ask(given, stranger?.key)).body.code, "another organization's").toBe("invalid_cursor");
    const [payload = "", signature = ""] = JSON.parse(Buffer.from(given, "base64url").toString()) as string[];
    const other = signature.startsWith("A") ? "B" : "A";
    const changed = [
      encode(payload, other + signature.slice(1)),
      encode(payload, signature.slice(0, -1)),
      encode(payload.replace("[2", "[ 2"), signature),
      encode(
        payload.replace(/\d(?=,")/, (digit) => String(9 - Number(digit))),
        signature,
      ),
    ];
    for (const cursor of changed) expect((await ask(cursor)).body.code, cursor).toBe("invalid_cursor");
  });
});
