import { exampleRecords, type RecordInput } from "@moja/contracts";
import { createKey, createOrganization, ingestRecords, openDatabase } from "@moja/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asCallerNumber } from "../../apps/api/src/admin/values.ts";
import { program } from "../../apps/api/src/admin/program.ts";
import { databases, type TestDatabase } from "../support/databases.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { rest } from "../support/http.ts";
import { runInProcess } from "../support/in-process.ts";
import { expectCaseForEach, once, optionsOf, type Cases } from "../support/options.ts";
import { start, type Started } from "../support/processes.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** The rows of a table that a command printed: plain lines, in columns that two spaces part. */
function rowsIn(out: string): Record<string, string>[] {
  const [names = [], ...lines] = out
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
  return lines.map((cells) => Object.fromEntries(names.map((name, column) => [name, cells[column] ?? ""])));
}

describe("each option of admin has an effect,", () => {
  let api: Harness;
  let locked: TestDatabase;
  // It waits for ten seconds, while the other cases are at it.
  let waiting: Started;
  beforeAll(async () => {
    api = await startHarness();
    locked = await databases[0].create();
    await (await openDatabase(locked.url)).destroy();
    await lock(true);
    waiting = start("admin/main.ts", ["migrate"], { DATABASE_URL: locked.url });
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await waiting[Symbol.asyncDispose]();
    await locked[Symbol.asyncDispose]();
  });

  const adminOn = (database_url: string, ...args: string[]) =>
    runInProcess(program, args, { DATABASE_URL: database_url });
  const admin = (...args: string[]) => adminOn(api.database_url, ...args);

  /** Takes or reads the lock that Knex leaves when its process dies. */
  async function lock(isLocked?: boolean): Promise<unknown> {
    const { default: Sqlite } = await import("better-sqlite3");
    const file = new Sqlite(locked.url.slice("sqlite:".length));
    try {
      if (isLocked) file.exec("update knex_migrations_lock set is_locked = 1");
      return file.prepare("select is_locked from knex_migrations_lock").pluck().get();
    } finally {
      file.close();
    }
  }

  /** A key that reads for an organization. */
  const keyFor = (organization_id: string) =>
    createKey(api.database, { organization_id, name: "test", scopes: ["reports:read", "pii:read"], expires_at: null });
  const me = async (key: string, headers: Record<string, string> = {}) =>
    (await rest(api, key, "/v1/me", { headers })).body;
  const codeFor = async (organization_id: string) => {
    const { status, body } = await rest(api, await keyFor(organization_id), "/v1/call-logs");
    return status === 200 ? "200" : (body.code as string);
  };
  /** Makes a key, and what the API says about it. */
  const made = async (...args: string[]) => {
    const { out } = await admin("key", "create", "--name", "made", ...args);
    return { text: out.trim(), key: (await me(out.trim(), { "X-Organization-Id": "org_1" })).key };
  };

  const organizations = once(async () => {
    await admin("organization", "create", "org_open", "--name", "Open & Söhne", "--plan", "premium");
    await admin("organization", "create", "org_shut", "--name", "Shut", "--plan", "enterprise", "--no-api-access");
    await admin("organization", "create", "org_small", "--name", "Small", "--plan", "starter");
  });

  /** What is kept of a record whose headers hold a pin, written after the organization's redacted names were set so. */
  const keptPin = async (organization_id: string, request_id: string, ...args: string[]) => {
    if (args.length > 0) await admin("organization", "set", organization_id, ...args);
    const found = exampleRecords.find(({ kind }) => kind === "webhook_request") as RecordInput & { request: object };
    const headers = ["Pin", "Session-Id", "Agent"].map((name) => ({ name, value: "kept-or-not" }));
    await ingestRecords(api.database, organization_id, [
      { ...found, request_id, request: { ...found.request, headers } },
    ]);
    const { body } = await rest(api, await keyFor(organization_id), `/v1/webhooks/incoming-requests/${request_id}`);
    const kept = body.request.headers as { name: string; value: string }[];
    return kept.filter(({ value }) => value === "kept-or-not").map(({ name }) => name);
  };

  /** A database with calls of these ages, and those that are left after `purge`. */
  const leftOf = async (ages: number[], ...args: string[]) => {
    await using fresh = await databases[0].create();
    const database = await openDatabase(fresh.url);
    try {
      await createOrganization(database, { organization_id: "o", name: "O", plan: "premium", api_access: true });
      const call = exampleRecords.find(({ kind }) => kind === "call") as RecordInput;
      await ingestRecords(
        database,
        "o",
        ages.map((days) => ({
          ...call,
          call_log_id: `days_${days}`,
          started_at: new Date(Date.now() - days * dayMs).toISOString(),
        })),
      );
      const { code, err } = await adminOn(fresh.url, "purge", ...args);
      const left = (await database("calls").orderBy("started_at", "desc").pluck("call_log_id")) as string[];
      return { code, err, left: left.map((id) => Number(id.slice("days_".length))) };
    } finally {
      await database.destroy();
    }
  };

  /** What `caller erase` says, and the number that the call of the caller has afterwards. */
  const erased = async (...args: string[]) => {
    await using fresh = await databases[0].create();
    const database = await openDatabase(fresh.url);
    try {
      await createOrganization(database, { organization_id: "o", name: "O", plan: "premium", api_access: true });
      await ingestRecords(database, "o", exampleRecords);
      const told = await adminOn(fresh.url, "caller", "erase", "(310) 555-0142", ...args);
      const [call] = (await database("calls").select("caller_id")) as [{ caller_id: string | null }];
      return { ...told, ...call };
    } finally {
      await database.destroy();
    }
  };

  const storiesOf = async (calls: string) => {
    await using fresh = await databases[0].create();
    const { err } = await adminOn(fresh.url, "demo", "--calls", calls);
    const database = await openDatabase(fresh.url);
    try {
      const [{ count }] = (await database("calls").count({ count: "*" })) as [{ count: number }];
      return { err, count };
    } finally {
      await database.destroy();
    }
  };

  const listed = async (...args: string[]) =>
    rowsIn((await admin("key", "list", ...args)).out).map(({ organization_id }) =>
      organization_id === "-" ? null : organization_id,
    );

  const cases: Cases = {
    "organization create --name": async () => {
      await organizations();
      expect((await me(await keyFor("org_open"))).organization.name).toBe("Open & Söhne");
      expect((await me(await keyFor("org_small"))).organization.name).toBe("Small");
    },
    "organization create --plan": async () => {
      await organizations();
      expect([await codeFor("org_open"), await codeFor("org_small")]).toStrictEqual(["200", "plan_excludes_reporting"]);
      expect((await me(await keyFor("org_shut"))).organization.plan).toBe("enterprise");
    },
    "organization create --no-api-access": async () => {
      await organizations();
      expect([await codeFor("org_open"), await codeFor("org_shut")]).toStrictEqual(["200", "api_access_disabled"]);
    },
    "organization set --name": async () => {
      const { organization_id, key } = await api.tenant();
      const before = (await me(key)).organization;
      await admin("organization", "set", organization_id, "--name", "Renamed");
      expect((await me(key)).organization).toStrictEqual({ ...before, name: "Renamed" });
    },
    "organization set --plan": async () => {
      const { organization_id, key } = await api.tenant();
      const before = (await me(key)).organization;
      await admin("organization", "set", organization_id, "--plan", "starter");
      expect((await me(key)).organization).toStrictEqual({ ...before, plan: "starter" });
      expect(await codeFor(organization_id)).toBe("plan_excludes_reporting");
      await admin("organization", "set", organization_id, "--plan", "premium");
      expect(await codeFor(organization_id)).toBe("200");
    },
    "organization set --api-access": async () => {
      const { organization_id, key } = await api.tenant();
      const before = (await me(key)).organization;
      await admin("organization", "set", organization_id, "--api-access", "off");
      expect((await me(key)).organization).toStrictEqual({ ...before, api_access: "disabled" });
      expect(await codeFor(organization_id)).toBe("api_access_disabled");
      await admin("organization", "set", organization_id, "--name", "Still off");
      expect(await codeFor(organization_id)).toBe("api_access_disabled");
      await admin("organization", "set", organization_id, "--api-access", "on");
      expect(await codeFor(organization_id)).toBe("200");
    },
    "organization set --redact": async () => {
      const { organization_id } = await api.tenant();
      expect(await keptPin(organization_id, "r1")).toStrictEqual(["Pin", "Session-Id", "Agent"]);
      expect(await keptPin(organization_id, "r2", "--redact", "pin", "session-id")).toStrictEqual(["Agent"]);
      expect(await keptPin(organization_id, "r3", "--name", "Named"), "kept by other changes").toStrictEqual(["Agent"]);
      expect(await keptPin(organization_id, "r4", "--redact", "pin")).toStrictEqual(["Session-Id", "Agent"]);
    },
    "organization set --no-redact": async () => {
      const { organization_id } = await api.tenant();
      expect(await keptPin(organization_id, "r1", "--redact", "pin")).toStrictEqual(["Session-Id", "Agent"]);
      expect(await keptPin(organization_id, "r2", "--no-redact")).toStrictEqual(["Pin", "Session-Id", "Agent"]);
    },
    "key create --name": async () => {
      expect((await made("--organization", "org_1", "--name", "BI export")).key.name).toBe("BI export");
      expect((await made("--organization", "org_1")).key.name).toBe("made");
    },
    "key create --organization": async () => {
      const { organization_id } = await api.tenant();
      for (const id of ["org_1", organization_id]) {
        const { text } = await made("--organization", id);
        expect((await me(text)).organization.id).toBe(id);
      }
      await expect(admin("key", "create", "--name", "nobody's")).rejects.toThrow("--organization <id> or --service");
    },
    "key create --service": async () => {
      const { organization_id } = await api.tenant();
      const { text } = await made("--service");
      for (const id of ["org_1", organization_id])
        expect((await me(text, { "X-Organization-Id": id })).organization.id).toBe(id);
      const own = await made("--organization", "org_1");
      expect((await me(own.text, { "X-Organization-Id": organization_id })).organization?.id).not.toBe(organization_id);
    },
    "key create --scope": async () => {
      const scopes = async (...args: string[]) => (await made(...args)).key.scopes as string[];
      const organization = ["--organization", "org_1"];
      expect(await scopes(...organization)).toStrictEqual(["reports:read", "pii:read"]);
      expect(await scopes(...organization, "--scope", "reports:read")).toStrictEqual(["reports:read"]);
      expect(await scopes("--service")).toStrictEqual(["reports:read", "pii:read", "ingest:write"]);
      expect(await scopes("--service", "--scope", "ingest:write", "pii:read")).toStrictEqual([
        "ingest:write",
        "pii:read",
      ]);
    },
    "key create --expires": async () => {
      const year = new Date().getUTCFullYear() + 1;
      const given = await made("--organization", "org_1", "--expires", `${year}-01-31T12:00:00+02:00`);
      expect(given.key.expires_at).toBe(`${year}-01-31T10:00:00.000Z`);
      expect((await made("--organization", "org_1")).key.expires_at).toBeNull();
      await api
        .database("api_keys")
        .where({ key_id: given.key.id })
        .decrement("expires_at", 2 * 366 * dayMs);
      expect((await rest(api, given.text, "/v1/me")).body.code).toBe("expired_api_key");
    },
    "key list --organization": async () => {
      const { organization_id } = await api.tenant();
      await made("--organization", organization_id);
      await made("--service");
      expect(await listed("--organization", organization_id)).toStrictEqual([organization_id, organization_id]);
      expect(new Set(await listed()).size).toBeGreaterThan(2);
    },
    "key list --service": async () => {
      await made("--service");
      const services = await listed("--service");
      expect([services.length > 0, new Set(services)]).toStrictEqual([true, new Set([null])]);
    },
    "demo --calls": async () => {
      const [few, more] = [await storiesOf("4"), await storiesOf("40")];
      expect([few.err, more.err]).toStrictEqual(["Told 4 stories.\n", "Told 40 stories.\n"]);
      // Each organization's share is rounded up: 6 and 40 stories. Not every story has a call, and the documented
      // examples hold one more.
      expect([few.count > 0, few.count <= 7, more.count > 20, more.count <= 41]).toStrictEqual([
        true,
        true,
        true,
        true,
      ]);
    },
    "purge --days": async () => {
      const ages = [1, 9, 11, 16, 18, 399, 401, 800];
      expect((await leftOf(ages, "--days", "400", "--yes")).left).toStrictEqual([1, 9, 11, 16, 18, 399]);
      expect((await leftOf(ages, "--days", "10", "--yes")).left).toStrictEqual([1, 9]);
    },
    "purge --yes": async () => {
      const asked = await leftOf([1, 9], "--days", "5");
      expect(asked).toMatchObject({ code: 2, err: expect.stringContaining("Add --yes"), left: [1, 9] });
      const limit = Date.parse(/before (\S+),/.exec(asked.err)?.[1] ?? "");
      expect(Math.abs(Date.now() - 5 * dayMs - limit)).toBeLessThan(dayMs / 2);
      expect(await leftOf([1, 9], "--days", "5", "--yes")).toMatchObject({ code: 0, left: [1] });
    },
    "caller erase --organization": async () => {
      const { code, out, err } = await erased("--organization", "o", "--yes");
      expect([code, err]).toStrictEqual([0, ""]);
      expect(rowsIn(out)).toContainEqual({ table: "rtb_requests", rows: "4" });
      const ofNobody = await admin("caller", "erase", "+13105550199", "--organization", "org_1");
      expect([ofNobody.code, ofNobody.err]).toStrictEqual([
        2,
        "There is nothing to erase: no row of org_1 holds +13105550199.\n",
      ]);
      const nobody = adminOn(api.database_url, "caller", "erase", "+13105550142", "--organization", "nobody");
      await expect(nobody).rejects.toThrow("no organization nobody");
      for (const text of [
        "+13105550142",
        "3105550142",
        "1 (310) 555-0142",
        "011 1 310 555 0142",
        "tel:+1-310-555-0142",
      ])
        expect(asCallerNumber(text)).toBe("+13105550142");
      expect(asCallerNumber("0044 20 7946 0958")).toBe("+442079460958");
      for (const text of ["555-0142", "020 7946 0958", "anonymous", "+0"])
        expect(() => asCallerNumber(text)).toThrow("E.164");
    },
    "caller erase --yes": async () => {
      const asked = await erased("--organization", "o");
      expect(asked).toMatchObject({ code: 2, err: expect.stringContaining("Add --yes"), caller_id: "+13105550142" });
      expect(await erased("--organization", "o", "--yes")).toMatchObject({ code: 0, caller_id: null });
    },
    "migrate --unlock": async () => {
      expect(await waiting.ended).toMatchObject({ code: 1, err: expect.stringContaining("admin migrate --unlock") });
      expect((await adminOn(locked.url, "migrate", "--unlock")).err).toBe("Up to date.\n");
      expect(await lock()).toBe(0);
    },
  };

  test("and a case that observes it", () => expectCaseForEach(optionsOf(program), cases));
  test.each(Object.entries(cases))("%s", (_, observe) => observe());
});
