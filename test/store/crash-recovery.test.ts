import { setTimeout } from "node:timers/promises";
import { createClient } from "@moja/client";
import { exampleRecords, type RecordInput } from "@moja/contracts";
import { createKey } from "@moja/store";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleSecret } from "../support/caller-ref.ts";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { pathFor, reports, rest } from "../support/http.ts";
import { startServerProcess, type ServerProcess } from "../support/server-process.ts";

/** How often the server is killed on each database; `npm run test:kills` does it more often. */
const kills = Number(process.env["KILLS"] ?? 4);

describe.each(databases)("a server that is killed while records arrive, on $name", ({ create }) => {
  let api: Harness;
  let service: string;
  let server: ServerProcess;
  beforeAll(async () => {
    api = await startHarness(create);
    service = await createKey(api.database, { organization_id: null, name: "producers", scopes: ["ingest:write"] });
    server = await startServerProcess(api.database_url);
  });
  afterAll(async () => {
    await server.kill();
    await api[Symbol.asyncDispose]();
  });

  const older = exampleRecords.map(
    (each) =>
      ({
        ...each,
        updated_at: "2026-05-04T11:00:00.000Z",
        ...(each.kind === "call" && { reason: "older" }),
      }) as RecordInput,
  );
  const all = [...older, ...exampleRecords];
  const everyAnswer = async (key: string) =>
    Promise.all(
      reports.map(async ({ contract }) => (await rest(api, key, pathFor(contract, contract.example.input))).body),
    );
  const push = (organization_id: string) =>
    createClient({ url: server.url, key: service, organization_id, retries_max: 0 }).ingest.push;

  test(
    "has every record that it acknowledged, and answers the same when all are pushed again",
    async () => {
      const expected = await api.tenant({ hash_secret: exampleSecret });
      await ingestOrFail(expected, all);
      const answers = await everyAnswer(expected.key);
      let interrupted = 0;

      const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 });
      const deliveries = fc.tuple(
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.array(fc.constantFrom(...all), { maxLength: 10 }),
        sizes,
        fc.nat(8),
        fc.nat(15),
      );
      await fc.assert(
        fc.asyncProperty(deliveries, async ([shuffled, repeats, batchSizes, answersBefore, pauseMs]) => {
          const { organization_id, key } = await api.tenant({ hash_secret: exampleSecret });
          const batches = inBatches([...shuffled, ...repeats], batchSizes);
          const acknowledged: RecordInput[] = [];
          const before = push(organization_id);
          const queue = [...batches];
          const enough = Promise.withResolvers<void>();
          if (answersBefore === 0) enough.resolve();
          let answered = 0;
          const producer = async () => {
            for (let batch = queue.shift(); batch; batch = queue.shift()) {
              await before(batch);
              acknowledged.push(...batch);
              if (++answered === answersBefore) enough.resolve();
            }
          };
          const pushing = Promise.allSettled([producer(), producer(), producer()]);
          await enough.promise;
          await setTimeout(pauseMs);
          await server.kill();
          if ((await pushing).some(({ status }) => status === "rejected")) interrupted++;

          server = await startServerProcess(api.database_url);
          const again = push(organization_id);
          if (acknowledged.length > 0) expect((await again(acknowledged)).accepted).toBe(0);
          for (const batch of batches) await again(batch);
          expect(await everyAnswer(key)).toStrictEqual(answers);
        }),
        // A run takes a second or more: a smaller one is not looked for.
        { numRuns: kills, endOnFailure: true },
      );
      expect(interrupted, "kills that hit a request").toBeGreaterThan(0);
    },
    30_000 + kills * 20_000,
  );
});

function inBatches(records: RecordInput[], sizes: number[]): RecordInput[][] {
  const batches: RecordInput[][] = [];
  for (let start = 0, turn = 0; start < records.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    batches.push(records.slice(start, start + size));
    start += size;
  }
  return batches;
}
