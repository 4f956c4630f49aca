import { eraseCaller } from "@moja/store";
import type { RecordInput } from "@moja/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { rest } from "../support/http.ts";
import { spellings } from "../support/spellings.ts";

const moment = "2026-05-04T13:00:00.000Z";

/** Callers who share their last seven, eight, nine or ten digits, of several countries. */
const callers = [
  { country: "1", national: "2025550143" },
  { country: "1", national: "2125550143" },
  { country: "1", national: "5125550143" },
  { country: "1", national: "6025550143" },
  { country: "1", national: "2035550143" },
  { country: "91", national: "2025550143" },
  { country: "44", national: "2025550143" },
  { country: "49", national: "302025550143" },
  { country: "351", national: "225550143" },
  { country: "45", national: "25550143" },
  { country: "354", national: "5550143" },
].map((each) => ({ ...each, number: `+${each.country}${each.national}` }));

/** How a number is written: those of North America in every spelling, others with their country. */
function textsOf({ country, national, number }: (typeof callers)[number]): string[] {
  if (country === "1") return Object.values(spellings).map((spell) => spell(national));
  const [half, rest] = [national.slice(0, 5), national.slice(5)];
  return [number, number.slice(1), `00${number.slice(1)}`, `+${country} ${half} ${rest}`, `${country}-${half}-${rest}`];
}

const recordsOf = (caller: (typeof callers)[number], id: string): RecordInput[] =>
  textsOf(caller).map((text, index): RecordInput => ({
    kind: "call",
    call_log_id: `${id}_${index}`,
    started_at: moment,
    status: "completed",
    caller_id: caller.number,
    dialed_number: "+18885550100",
    campaign_name: `Calls of ${text}`,
    dial_type: "ivr",
    reason: `Asked for ${text} twice`,
    tags: { note: text.replaceAll(/[,:]/g, ""), sku: `${caller.national}1234` },
    updated_at: moment,
  }));

describe.each(databases)("who is erased among callers with the same last digits, on $name", ({ create }) => {
  let api: Harness;
  beforeAll(async () => {
    api = await startHarness(create);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const shown = async ({ key }: Tenant) => {
    const { body } = await rest(api, key, "/v1/call-logs?from=2026-05-04&to=2026-05-05&limit=1000");
    const rows: Record<string, unknown>[] = body.data;
    return new Map(rows.map((row) => [String(row["call_log_id"]), row]));
  };

  test.each(callers)("$number is erased alone, also when its records are pushed again", async (erased) => {
    const tenant = await api.tenant();
    const records = callers.flatMap((caller, index) => recordsOf(caller, `c${index}`));
    await ingestOrFail(tenant, records);
    const before = await shown(tenant);
    await eraseCaller(api.database, { organization_id: tenant.organization_id, number: erased.number, apply: true });
    await tenant.ingest(records);
    const after = await shown(tenant);
    for (const [id, row] of after) {
      const { number, national } = callers[Number(/^c(\d+)_/.exec(id)?.[1])] ?? {};
      if (number !== erased.number) {
        expect(row["caller_id"]).toBe(number);
        // Without its country, a number is that of each country which has it.
        if (national !== erased.national) expect(row).toStrictEqual(before.get(id));
      } else {
        expect(row["caller_id"]).toBeNull();
        const was = before.get(id) ?? {};
        for (const column of ["campaign_name", "reason"]) {
          expect([was[column], row[column] === was[column]]).toStrictEqual([was[column], false]);
          expect([was[column], String(row[column]).includes("[erased]")]).toStrictEqual([was[column], true]);
          expect([was[column], /\d/.test(String(row[column]))]).toStrictEqual([was[column], false]);
        }
      }
    }
  });
});
