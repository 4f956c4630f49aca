import { exampleRecords, type RecordInput } from "@moja/contracts";
import { createKey } from "@moja/store";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleSecret } from "../support/caller-ref.ts";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { pathFor, reports, rest } from "../support/http.ts";

const [call] = exampleRecords.filter(({ kind }) => kind === "call") as [Extract<RecordInput, { kind: "call" }>];

describe.each(databases)("the recorder on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => void (api = await startHarness(create)));
  afterAll(() => api[Symbol.asyncDispose]());

  const everyAnswer = async (key: string) =>
    Promise.all(
      reports.map(async ({ contract }) => (await rest(api, key, pathFor(contract, contract.example.input))).body),
    );

  test("ends in the same answers whatever the order, the batches and the repeats", async () => {
    const older = exampleRecords.map(
      (each) =>
        ({
          ...each,
          updated_at: "2026-05-04T11:00:00.000Z",
          ...(each.kind === "call" && { reason: "older" }),
        }) as RecordInput,
    );
    const sameMoment = { ...call, reason: "another record of the same moment" };
    const all = [...older, ...exampleRecords, sameMoment];
    const expected = await api.tenant({ hash_secret: exampleSecret });
    await ingestOrFail(expected, all);
    const answers = await everyAnswer(expected.key);

    const deliveries = fc.tuple(
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.array(fc.nat(all.length - 1), { maxLength: 10 }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(deliveries, async ([shuffled, repeats, sizes]) => {
        const tenant = await api.tenant({ hash_secret: exampleSecret });
        const sent = [...shuffled, ...repeats.map((index) => all[index] as RecordInput)];
        for (let start = 0, turn = 0; start < sent.length; turn++) {
          const size = sizes[turn % sizes.length] as number;
          await ingestOrFail(tenant, sent.slice(start, start + size));
          start += size;
        }
        expect(await everyAnswer(tenant.key)).toStrictEqual(answers);
      }),
      { numRuns: 15 },
    );
  });

  test("says what became of each record", async () => {
    const tenant = await api.tenant({ hash_secret: exampleSecret });
    expect(await tenant.ingest(exampleRecords)).toStrictEqual({
      accepted: exampleRecords.length,
      unchanged: 0,
      superseded: 0,
      refused: [],
    });
    expect(await tenant.ingest(exampleRecords)).toStrictEqual({
      accepted: 0,
      unchanged: exampleRecords.length,
      superseded: 0,
      refused: [],
    });
    expect(await tenant.ingest([{ ...call, updated_at: "2026-05-01T00:00:00.000Z" }])).toMatchObject({
      accepted: 0,
      superseded: 1,
    });
    expect(await tenant.ingest([{ ...call, updated_at: "2026-06-01T00:00:00.000Z" }, call, call])).toMatchObject({
      accepted: 1,
      superseded: 2,
    });
  });

  test("refuses a record that breaks a law by itself, naming it and its fields, and keeps the others", async () => {
    const tenant = await api.tenant({ hash_secret: exampleSecret });
    const broken: [object, string, string][] = [
      [{ ...call, kind: "cal" }, "kind", "must be one of call, call_event"],
      [{ ...call, call_log_id: "x".repeat(129) }, "call_log_id", "must be an id"],
      [{ ...call, dial_type: "target" }, "rtb_id", "belong to the dial types rtb and rtb_group alone"],
      [{ ...call, target_id: "target_1" }, "target_id", "belong to the dial type target alone"],
      [{ ...call, moja_magic: true }, "cost", "must be 0 for a Moja Magic call"],
      [{ ...call, moja_magic: true, cost: 0, cost_per_min: null }, "cost_per_min", "must be 0 for a Moja Magic call"],
      [{ ...call, connected_seconds: 95 }, "connected_seconds", "must not be more than duration_seconds"],
      [{ ...call, cost: 0.0000001 }, "cost", "at most six decimals"],
      [{ ...call, cost: "0.01" }, "cost", "number"],
      [{ ...call, started_at: "yesterday" }, "started_at", "must be a moment with its offset"],
      [{ ...call, reason: "a\0b" }, "reason", "NUL"],
      [{ ...call, status: undefined }, "status", "is needed"],
      [{ ...call, started_at: undefined }, "started_at", "is needed"],
      [
        { ...exampleRecords.find(({ kind }) => kind === "rtb_request"), direction: "sideways" },
        "direction",
        "must be one of inbound, outbound",
      ],
      [{ ...call, revenu_paid_out: 1 }, "revenu_paid_out", "did you mean `revenue_paid_out`?"],
    ];
    const service = await createKey(api.database, {
      organization_id: null,
      name: "producers",
      scopes: ["ingest:write"],
    });
    const { body: receipt } = await rest(api, service, "/v1/ingest", {
      method: "POST",
      body: JSON.stringify({ records: [...broken.map(([each]) => each), null, "text", call] }),
      headers: { "Content-Type": "application/json", "X-Organization-Id": tenant.organization_id },
    });
    expect(receipt.accepted).toBe(1);
    expect(receipt.refused.map(({ index }: { index: number }) => index)).toStrictEqual([
      ...broken.keys(),
      broken.length,
      broken.length + 1,
    ]);
    for (const [index, [, path, message]] of broken.entries())
      expect(receipt.refused[index]?.issues).toContainEqual({ path, message: expect.stringContaining(message) });
  });
});
