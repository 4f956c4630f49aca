import { readFile } from "node:fs/promises";
import { openDatabase } from "@moja/store";
import { describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";
import { pathFor, procedures, rest, trpc } from "../support/http.ts";
import { start, type Started } from "../support/processes.ts";

/** Starts an entry point that logs nothing. */
const run = (entry: "main.ts" | "admin/main.ts", args: string[], env: Record<string, string>): Started =>
  start(entry, args, { LOG_LEVEL: "silent", ...env });

/**
 * Asks every report for the demo's data over both transports: they answer alike, and as the contracts and the
 * document say.
 */
async function everyReportAnswers(api: { url: string }, key: string): Promise<void> {
  const ids: Record<string, string> = {};
  const to = new Date().toISOString();
  for (const { name, contract } of procedures) {
    const [id] = Object.keys(contract.input.shape);
    const input =
      contract.shape === "summary"
        ? { to }
        : "filters" in contract
          ? { to, limit: 50 }
          : name === "me.get"
            ? {}
            : { [String(id)]: ids[name.startsWith("rtbRequests") ? "outboundRtb" : String(name.split(".")[0])] };
    const answered = await rest(api, key, pathFor(contract, input));
    expect(answered.status, name).toBe(200);
    expect((await trpc(api, key, name, input)).body, name).toStrictEqual(answered.body);
    expect(contract.output.parse(answered.body)).toStrictEqual(answered.body);
    if (contract.shape === "summary" || !("filters" in contract)) continue;
    expect(answered.body.data.length, name).toBeGreaterThan(10);
    ids[String(name.split(".")[0])] = answered.body.data.at(-1)[contract.id];
  }
}

describe.each(databases)("operating on $name", ({ name, create }) => {
  test("an operator makes an organization and a key, serves it, revokes the key, and stops the server in order", async () => {
    await using database = await create();
    const env = { DATABASE_URL: database.url, PORT: "0", SHUTDOWN_TIMEOUT_MS: "600000" };
    const admin = (...args: string[]) => run("admin/main.ts", args, env).ended;
    await (await openDatabase(database.url)).destroy();
    expect((await admin("organization", "create", "org_acme", "--name", "Acme", "--plan", "premium")).code).toBe(0);
    const again = await admin("organization", "create", "org_acme", "--name", "Acme", "--plan", "premium");
    expect([again.code, again.err]).toStrictEqual([1, "There is an organization org_acme already.\n"]);
    expect((await admin("organization", "set", "org_acme", "--redact", "session_id", "pin")).out).toContain(
      "session_id pin",
    );
    expect((await admin("organization", "set", "org_acme", "--no-redact")).out).not.toContain("session_id pin");
    expect(await admin("organization", "set", "org_acme", "--redact", "a b")).toMatchObject({
      code: 1,
      err: 'A redacted name has 1-64 characters of A-Z a-z 0-9 . _ -, not "a b".\n',
    });
    const unknown = await admin("key", "create", "--organization", "org_nobody", "--name", "x");
    expect([unknown.code, unknown.err]).toStrictEqual([
      1,
      expect.stringContaining("There is no organization org_nobody"),
    ]);
    const made = await admin("key", "create", "--organization", "org_acme", "--name", "BI");
    expect(made.out).toMatch(/^moja_[0-9a-f]{12}_[0-9a-f]{48}\n$/);
    const key = made.out.trim();
    expect((await admin("key", "list", "--organization", "org_acme")).out).not.toContain(String(key.split("_")[2]));

    await using server = run("main.ts", [], env);
    const { url } = await server.listening();
    const api = { url };
    expect((await rest(api, key, "/v1/call-logs")).status).toBe(200);
    expect(await admin("key", "list", "--organization", "org_nobody")).toMatchObject({
      code: 1,
      err: expect.stringContaining("There is no organization org_nobody"),
    });
    expect(await admin("key", "create", "--organization", "org_acme", "--name", " ")).toMatchObject({
      code: 2,
      err: expect.stringContaining("It takes a name."),
    });
    const taken = await run("main.ts", [], { ...env, PORT: new URL(url).port }).ended;
    expect([taken.code, taken.err]).toStrictEqual([
      1,
      expect.stringMatching(/address already in use .*\nSee the setting PORT\.\n$/),
    ]);
    expect(await admin("key", "revoke", `Bearer ${key} `)).toMatchObject({
      code: 0,
      err: `Revoked ${String(key.split("_")[1])}.\n`,
    });
    expect(await admin("key", "revoke", String(key.split("_")[1]))).toMatchObject({
      code: 1,
      err: expect.stringContaining("There is no active key"),
    });
    expect((await rest(api, key, "/v1/call-logs")).body.code).toBe("invalid_api_key");
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    // Whoever keeps asking does not keep it from stopping.
    const asking = (async () => {
      while ((await fetch(`${url}/healthz`)).ok);
    })().catch((error: unknown) => error);
    server.child.kill("SIGTERM");
    await asking;
    expect((await server.ended).code).toBe(0);
  });

  test("a server on an empty database says so, and where it is", async () => {
    await using database = await create();
    await (await openDatabase(database.url)).destroy();
    await using server = run("main.ts", [], { DATABASE_URL: database.url, PORT: "0" });
    expect((await server.listening()).text).toMatch(
      /\n\nThere is no organization in (sqlite:|postgres:\/\/)\S+ yet: make one with admin organization create\.\n$/,
    );
    server.child.kill("SIGTERM");
    await server.ended;
  });

  test("the demo is served with its keys, told once, and its keys do not work on the server without it", async () => {
    await using database = await create();
    const env = { DATABASE_URL: database.url, PORT: "0" };
    // The server writes the demo in its usual size once: on the other database the command writes what the README shows.
    if (name !== "SQLite") expect((await run("admin/main.ts", ["demo", "--calls", "800"], env).ended).code).toBe(0);
    await using first = run("main.ts", ["--demo"], { ...env, RATE_LIMIT_PER_IP: "0" });
    const { url, text } = await first.listening();
    const key = String(/moja_demo-enterprise_\S+/.exec(text)?.[0]);
    expect(text).toContain(`curl -H "X-API-Key: ${key}" "${url}/v1/call-logs?`);
    const before = (await rest({ url }, key, "/v1/call-logs?limit=1")).body;
    expect(before.data).toHaveLength(1);
    await everyReportAnswers({ url }, key);
    const [, shown] =
      /(\/v1\/call-logs\/\w+\/timeline)$/m.exec(await readFile(new URL("../../README.md", import.meta.url), "utf8")) ??
      [];
    expect((await rest({ url }, key, String(shown))).status, "the README's timeline").toBe(200);
    expect((await rest({ url }, "moja_demo-starter_not-a-secret-starter", "/v1/call-logs")).body.code).toBe(
      "plan_excludes_reporting",
    );
    first.child.kill("SIGTERM");
    await first.ended;

    await using second = run("main.ts", ["--demo"], env);
    const again = await second.listening();
    expect((await rest(again, key, "/v1/call-logs?limit=1")).body.data).toStrictEqual(before.data);
    second.child.kill("SIGTERM");
    await second.ended;

    await using real = run("main.ts", [], env);
    expect((await rest(await real.listening(), key, "/v1/call-logs")).body.code).toBe("invalid_api_key");
    real.child.kill("SIGTERM");
    await real.ended;

    await using third = run("main.ts", ["--demo"], env);
    expect((await rest(await third.listening(), key, "/v1/me")).status).toBe(200);
    third.child.kill("SIGTERM");
    await third.ended;
  });

  test("purge deletes what is older, and only when told twice", async () => {
    await using database = await create();
    const env = { DATABASE_URL: database.url };
    expect((await run("admin/main.ts", ["demo", "--calls", "50"], env).ended).code).toBe(0);
    const asked = await run("admin/main.ts", ["purge", "--days", "1"], env).ended;
    expect([asked.code, asked.err]).toStrictEqual([2, expect.stringContaining("Add --yes")]);
    const done = await run("admin/main.ts", ["purge", "--days", "1", "--yes"], env).ended;
    expect([done.code, done.out]).toStrictEqual([0, expect.stringMatching(/calls .*[1-9]/)]);
  });
});

test("a database that a newer version has changed is left alone, and told from one that is broken", async () => {
  await using fresh = await databases[0].create();
  const database = await openDatabase(fresh.url);
  await database("knex_migrations").insert({ name: "9999_later.sql", batch: 2 });
  await database.destroy();
  for (const [program, args] of [
    ["main.ts", []],
    ["admin/main.ts", ["organization", "list"]],
  ] as const) {
    expect(await run(program, [...args], { DATABASE_URL: fresh.url, PORT: "0" }).ended).toMatchObject({
      code: 1,
      err: "This database has been changed by a newer version (9999_later.sql). Run that one, or restore a backup from before.\n",
    });
  }
});

describe("settings", () => {
  test("are named by what comes of them: a database that is away, or a folder for its file", async () => {
    for (const [DATABASE_URL, said] of [
      ["postgres://postgres@127.0.0.1:1/away", "ECONNREFUSED"],
      ["sqlite:/", "unable to open database file"],
    ] as const) {
      expect(await run("main.ts", [], { DATABASE_URL, PORT: "0" }).ended).toMatchObject({
        code: 1,
        err: expect.stringMatching(new RegExp(`${said}[^]*See the setting DATABASE_URL\\.\\n$`)),
      });
    }
  });

  test("that are not valid are refused by name, all at once, with what they take", async () => {
    const { code, err } = await run("main.ts", [], {
      DATABASE_URL: "mysql://x",
      PORT: "70000",
      LOG_LEVEL: "loud",
      RATE_LIMIT_PER_IP: "-1",
      RATE_LIMIT_PER_ENDPOINT: "abc",
      TRUST_PROXY: "foo",
    }).ended;
    expect(code).toBe(1);
    for (const said of [
      "DATABASE_URL=mysql://x: must be sqlite:<path> or postgres://",
      "PORT=70000: must be a whole number from 0 to 65535",
      "LOG_LEVEL=loud: must be one of fatal, error, warn, info, debug, silent",
      "RATE_LIMIT_PER_IP=-1: must be a whole number from 0 to 1000000",
      "RATE_LIMIT_PER_ENDPOINT=abc: must be a whole number",
      "TRUST_PROXY=foo: must be the number of proxies",
    ])
      expect(err).toContain(said);
    expect(err).not.toContain("    at ");
  });

  test("are all in docs/operations.md, as the schema says", async () => {
    const { out } = await run("admin/main.ts", ["settings"], {}).ended;
    expect(await readFile(new URL("../../docs/operations.md", import.meta.url), "utf8")).toContain(out.trim());
  });
});
