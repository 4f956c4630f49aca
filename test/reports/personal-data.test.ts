import { exampleRecords, type RecordInput } from "@moja/contracts";
import { createKey } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ingestOrFail, startHarness, type Harness } from "../support/harness.ts";
import { pathFor, reports, rest, trpc } from "../support/http.ts";

describe("a key without pii:read", () => {
  let api: Harness;
  let key: string;
  beforeAll(async () => {
    api = await startHarness();
    key = await createKey(api.database, {
      organization_id: "org_1",
      name: "no personal data",
      scopes: ["reports:read"],
    });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(reports)("sees no caller's number, postal code or body in $name", async ({ name, contract }) => {
    const { status, body } = await rest(api, key, pathFor(contract, contract.example.input));
    expect(status).toBe(200);
    expect(contract.output.parse(body)).toStrictEqual(body);
    const text = JSON.stringify(body);
    expect(text).not.toContain("3105550142");
    expect(text).not.toContain("90012");
    expect(text).not.toContain('"call_log_id\\":');
    expect((await trpc(api, key, name, contract.example.input)).body).toStrictEqual(body);
  });

  test("sees no caller in what producers write freely: messages, reasons, mapped fields, changed values", async () => {
    const tenant = await api.tenant({ scopes: ["reports:read"] });
    const number = "+13105550142";
    await ingestOrFail(
      tenant,
      exampleRecords.map((each): RecordInput => {
        if (each.kind === "call") return { ...each, reason: `${number} called back` };
        if (each.kind === "call_event" || each.kind === "rtb_event")
          return { ...each, message: `from ${number}, or 13105550142` };
        if (each.kind === "webhook_request" && each.direction === "incoming")
          return {
            ...each,
            changes: [
              { field: "caller_id", before: null, after: number },
              { field: "revenue", before: 1, after: 2 },
            ],
          };
        if (each.kind !== "rtb_request" || each.direction !== "outbound") return each;
        return {
          ...each,
          steps: [
            {
              order: 1,
              name: "ping",
              status: "succeeded",
              started_at: each.sent_at,
              response_time_ms: 1,
              mapped_fields: { CALLER: number },
            },
          ],
        };
      }),
    );
    for (const path of [
      ...reports.map(({ contract }) => pathFor(contract, contract.example.input)),
      "/v1/rtb/requests/req_out_c1",
    ]) {
      const { status, body } = await rest(api, tenant.key, path);
      expect([status, JSON.stringify(body).includes("3105550142")], path).toStrictEqual([200, false]);
    }
    const { body } = await rest(api, tenant.key, "/v1/webhooks/incoming-requests/whin_2p6c");
    expect(body.changes).toStrictEqual([
      { field: "caller_id", before: null, after: "[requires pii:read]" },
      { field: "revenue", before: 1, after: 2 },
    ]);
  });

  test("sees the numbers that an event was made of, but nothing of the data that a producer recorded", async () => {
    const withPii = await createKey(api.database, {
      organization_id: "org_1",
      name: "personal data",
      scopes: ["reports:read", "pii:read"],
    });
    for (const path of [
      "/v1/call-logs/call_7q2m4xk1/timeline",
      "/v1/rtb/requests/req_in_5w8d/life-log",
      "/v1/rtb/requests/req_out_c1/life-log",
    ]) {
      const { body: masked } = await rest(api, key, path);
      const { body: whole } = await rest(api, withPii, path);
      expect(masked.data.length).toBeGreaterThan(2);
      for (const [index, event] of masked.data.entries()) {
        const { data, recorded } = whole.data[index];
        expect([event.recorded, event.data]).toStrictEqual([
          recorded,
          recorded && data !== null ? { omitted: "[requires pii:read]" } : data,
        ]);
      }
    }
  });

  test("sees in the data of made events no number that a producer wrote into a word", async () => {
    const tenant = await api.tenant({ scopes: ["reports:read"] });
    await ingestOrFail(
      tenant,
      exampleRecords.map((each): RecordInput => {
        if (each.kind === "webhook_request" && each.direction === "incoming")
          return { ...each, webhook_type: "x-3105550142" };
        return each.kind === "webhook_request" ? { ...each, event_type: "x-3105550142" } : each;
      }),
    );
    const { body } = await rest(api, tenant.key, "/v1/call-logs/call_7q2m4xk1/timeline");
    const made = body.data.filter(({ source }: { source: string }) => source === "webhook");
    expect(made.map(({ data }: { data: object }) => Object.values(data)[0])).toStrictEqual([
      "x-310*******",
      "x-310*******",
    ]);
  });

  test("is told which scope it lacks when it filters by a caller's number", async () => {
    const { status, body } = await rest(api, key, "/v1/call-logs?caller_id=%2B13105550142");
    expect(`${status} ${body.code}`).toBe("403 missing_scope");
    expect(body.detail).toContain("Filtering by `caller_id` needs the scope `pii:read`");
  });
});
