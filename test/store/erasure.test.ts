import { readFile } from "node:fs/promises";
import { exampleRecords, recordKinds, records, type RecordInput } from "@moja/contracts";
import { eraseCaller } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callerRefOf, exampleSecret } from "../support/caller-ref.ts";
import { databases } from "../support/databases.ts";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { pathFor, reports, rest } from "../support/http.ts";
import { digitsBare, spellings } from "../support/spellings.ts";
import { changedTables, dumpOf, storedTables, type Dump } from "../support/stored.ts";

const national = "3105550142";
const number = `+1${national}`;
const moment = "2026-05-04T13:00:00.000Z";
const spelled = Object.entries(spellings).map(([name, spell]) => ({ name, text: spell(national) }));

/** What another caller's records say of the number: in every spelling, and wherever there is text. */
const mentions = [
  ...spelled.map(({ text }, index) => ({
    kind: "call",
    call_log_id: `other_${index}`,
    started_at: moment,
    status: "completed",
    caller_id: "+12125550199",
    caller_state: "NY",
    dialed_number: "+18885550100",
    campaign_name: `Calls of ${text}`,
    dial_type: "ivr",
    reason: `Asked for ${text} twice`,
    recording_url: "https://recordings.example/other.mp3",
    revenue_paid_out: 12.5,
    tags: { note: `of ${text.replaceAll(/[,:]/g, "")}`, quality: "reviewed" },
    updated_at: moment,
  })),
  ...spelled.map(({ text }, index) => ({
    kind: "call_event",
    call_log_id: "other_0",
    event_id: `e${index}`,
    occurred_at: moment,
    type: "call.note",
    level: "info",
    message: `Call back ${text}`,
    data: { [`of ${text}`]: [{ number: text }], digits: Number(`1${national}`) },
    updated_at: moment,
  })),
  ...spelled.map(({ text }, index) => ({
    kind: "webhook_request",
    direction: "incoming",
    request_id: `whin_other_${index}`,
    received_at: moment,
    webhook_type: "update_fields",
    method: "POST",
    outcome: "applied",
    transaction_id: `t ${text}`,
    http_status: 200,
    request: {
      method: "POST",
      url: `https://webhooks.example/callers/${encodeURIComponent(text)}`,
      query: [{ name: `of ${text}`, value: text }],
      headers: [{ name: "x-caller", value: text }],
      body: {
        content_type: "application/octet-stream",
        encoding: "base64",
        text: Buffer.concat([Buffer.from([0xff]), Buffer.from(` ${text}`)]).toString("base64"),
      },
    },
    response: { status: 200, body: { text: `{"of":${JSON.stringify(text)}}` } },
    changes: [{ field: `tags.${text}`, before: text, after: { of: text } }],
    updated_at: moment,
  })),
] as unknown as RecordInput[];

describe.each(databases)("a caller who is erased, on $name", ({ create }) => {
  let api: Harness;
  let tenant: Tenant;
  let other: Tenant;
  let before: Dump;
  let asked: Record<string, number>;
  let said: Record<string, number>;
  let changedByAsking: string[];
  let tables: string[];
  const request = () => ({ organization_id: tenant.organization_id, number });
  const dump = () => dumpOf(api.database, tables, { organization_id: tenant.organization_id });

  beforeAll(async () => {
    api = await startHarness(create);
    tenant = await api.tenant({ hash_secret: exampleSecret });
    other = await api.tenant();
    for (const each of [tenant, other]) await ingestOrFail(each, exampleRecords);
    await ingestOrFail(tenant, mentions);
    tables = [...(await storedTables(api.database))]
      .filter(([, columns]) => columns.includes("organization_id"))
      .map(([table]) => table);
    // The summary makes the roll-ups.
    await rest(api, tenant.key, "/v1/summaries/call-logs?from=2026-05-01&to=2026-05-08&group_by=caller_state");
    before = await dump();
    asked = await eraseCaller(api.database, { ...request(), apply: false });
    changedByAsking = changedTables(before, await dump());
    said = await eraseCaller(api.database, { ...request(), apply: true });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test("is told table by table: what would be changed, then what was", () => {
    expect(changedByAsking).toStrictEqual([]);
    expect(asked).toStrictEqual(said);
    expect(Object.keys(said).toSorted()).toStrictEqual(
      Object.values(records)
        .map(({ table }) => table)
        .toSorted(),
    );
    for (const kind of recordKinds) expect([kind, said[records[kind].table]! > 0]).toStrictEqual([kind, true]);
  });

  test("is in no byte of any table, in no spelling, nor in SQLite's file", async () => {
    const tail = national.slice(-8);
    expect(digitsBare(JSON.stringify(before)).includes(tail)).toBe(true);
    const left = Object.values(await dump()).flatMap((rows) => rows.map((row) => JSON.stringify(row)));
    expect(left.filter((row) => digitsBare(row).includes(tail))).toStrictEqual([]);
    if (!api.database_url.startsWith("sqlite:")) return;
    // The others' callers are theirs: of the same number they are erased in their own organizations.
    for (const organization_id of ["org_1", other.organization_id])
      await eraseCaller(api.database, { organization_id, number, apply: true });
    const path = api.database_url.slice("sqlite:".length);
    for (const file of [path, `${path}-wal`]) {
      const bytes = digitsBare(await readFile(file, "latin1").catch(() => ""));
      expect([file, bytes.includes(tail)]).toStrictEqual([file, false]);
    }
  });

  test("leaves the rows, their money, their times and the reference", async () => {
    const after = await dump();
    for (const { table, key } of Object.values(records)) {
      const rowsOf = (all: Dump) => new Map(all[table]!.map((row) => [key.map((name) => row[name]).join("\n"), row]));
      const [was, is] = [rowsOf(before), rowsOf(after)];
      expect([...is.keys()].toSorted()).toStrictEqual([...was.keys()].toSorted());
      for (const [id, row] of is)
        for (const [column, value] of Object.entries(row))
          if (typeof value === "number" || /_(id|ref)$|^(status|outcome|level)$/.test(column))
            if (column !== "caller_id" && column !== "transaction_id")
              expect([id, column, value]).toStrictEqual([id, column, was.get(id)?.[column]]);
    }
  });

  test("is found by the reference, without the number, in every report, whose answers keep their contracts", async () => {
    const ref = callerRefOf(number);
    const { body } = await rest(api, tenant.key, `/v1/call-logs?from=2026-05-04&to=2026-05-05&caller_ref=${ref}`);
    expect(body.data).toMatchObject([
      { call_log_id: "call_7q2m4xk1", caller_id: null, caller_zip: null, caller_ref: ref },
    ]);
    for (const { contract } of reports) {
      const answer = await rest(api, tenant.key, pathFor(contract, contract.example.input));
      expect([contract.path, answer.status]).toStrictEqual([contract.path, 200]);
    }
    const detail = await rest(api, tenant.key, "/v1/webhooks/outgoing-requests/whout_8r3n");
    expect(detail.body.attempts[0].request.body).toMatchObject({
      text: "[erased]",
      size_bytes: 8,
      omitted_reason: null,
    });
  });

  test("stays erased when every record is pushed again", async () => {
    const after = await dump();
    const receipt = await tenant.ingest([...exampleRecords, ...mentions]);
    expect(receipt).toStrictEqual({
      accepted: 0,
      unchanged: exampleRecords.length + mentions.length,
      superseded: 0,
      refused: [],
    });
    expect(changedTables(after, await dump())).toStrictEqual([]);
  });

  test("is a caller again who calls afterwards", async () => {
    const later = new Date(Date.now() + 60_000).toISOString();
    const call = exampleRecords.find(({ kind }) => kind === "call")!;
    await ingestOrFail(tenant, [{ ...call, call_log_id: "later", started_at: later } as RecordInput]);
    const { body } = await rest(api, tenant.key, "/v1/call-logs/later");
    expect(body).toMatchObject({ caller_id: number, caller_ref: callerRefOf(number) });
  });
});
