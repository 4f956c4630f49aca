import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHarness, type Harness } from "../support/harness.ts";
import { lists, pathFor, rest, summaries, trpc } from "../support/http.ts";

const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** The zones of `Intl`, names that link to them, every word of three letters, and what people write besides. */
const names = [
  Intl.supportedValuesOf("timeZone"),
  ["UTC", "utc", "GMT", "UCT", "Etc/GMT+5", "Etc/UTC", "Zulu", "US/Eastern", "us/pacific", "Asia/Calcutta"],
  ["Asia/Kolkata", "Europe/Kiev", "Europe/Kyiv", "America/Indianapolis", "Japan", "Singapore", "Cuba", "Egypt"],
  ["NZ", "GB", "PRC", "ROC", "ROK", "EST5EDT", "CST6CDT", "PST8PDT", "Factory", "W-SU", "SystemV/EST5"],
  ["AEST", "CEST", "ET", "PT", "UTC+2", "GMT0", "+02:00", "-0500", "02:00", "\u221205:00", "America/New York"],
  letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c))),
].flat();

let api: Harness;
beforeAll(async () => void (api = await startHarness()));
afterAll(() => api[Symbol.asyncDispose]());

describe("time zones", () => {
  test("are taken with a date or an interval exactly where they are taken without", async () => {
    const [list] = lists;
    const [summary] = summaries;
    // The schema answers for most names: all of them are too many to ask for.
    const taken = (name: string) => list!.contract.input.safeParse({ time_zone: name }).success;
    const asked = names.filter((name, index) =>
      name.length > 3 ? !name.includes("/") || index % 8 === 0 : taken(name) || name.endsWith("ST"),
    );
    const faults: string[] = [];
    for (const time_zone of asked.filter((name) => name !== "")) {
      const inputs = [
        [list!.contract, { time_zone }],
        [list!.contract, { time_zone, from: "2026-05-04", to: "2026-05-05" }],
        [list!.contract, { time_zone, updated_since: "2026-05-04" }],
        [summary!.contract, { time_zone, interval: "day", from: "2026-05-01T00:00:00Z", to: "2026-05-05T00:00:00Z" }],
      ] as const;
      const statuses = await Promise.all(
        inputs.map(async ([contract, input]) => (await rest(api, api.key, pathFor(contract, input))).status),
      );
      if (statuses.some((status) => status !== (taken(time_zone) ? 200 : 400))) faults.push(`${time_zone} ${statuses}`);
    }
    expect(faults).toStrictEqual([]);
    expect(asked.filter(taken).length).toBeGreaterThan(60);
  }, 120_000);

  test.each([
    ["CST", "America/Chicago"],
    ["cst", "America/Chicago"],
    ["IST", "Asia/Kolkata"],
    ["AET", "Australia/Sydney"],
    ["EST", "America/New_York"],
    ["EDT", "America/New_York"],
    ["Pst", "America/Los_Angeles"],
    ["CET", "Europe/Paris"],
    ["AEST", "Australia/Sydney"],
    ["PNT", "America/New_York"],
    ["+02:00", "an offset goes into `from` and `to`"],
    ["UTC-5", "an offset goes into `from` and `to`"],
    ["New York", "America/New_York"],
  ])("refuses %s with a hint to %s, over both transports, whatever else is asked", async (time_zone, hint) => {
    for (const { name, contract } of lists)
      for (const input of [{}, { from: "2026-05-04" }]) {
        const answers = [
          await rest(api, api.key, pathFor(contract, { ...input, time_zone })),
          await trpc(api, api.key, name, { ...input, time_zone }),
        ];
        for (const { status, body } of answers)
          expect([status, body.issues]).toStrictEqual([
            400,
            [{ path: "time_zone", message: expect.stringContaining(hint) }],
          ]);
      }
  });
});
