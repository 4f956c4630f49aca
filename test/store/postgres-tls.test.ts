import { chmodSync, chownSync, copyFileSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createCluster, isRoot, type Cluster } from "../support/embedded-postgres.ts";
import { start } from "../support/processes.ts";
import { isSqliteOnly } from "../support/sqlite-only.ts";

const fileAt = (name: string) => fileURLToPath(new URL(`../support/tls/${name}`, import.meta.url));

describe.skipIf(isSqliteOnly())("a PostgreSQL that takes encrypted connections alone", () => {
  const log: string[] = [];
  let cluster: Cluster;
  beforeAll(async () => {
    const folder = mkdtempSync(join(inject("tests_folder"), "tls-"));
    if (isRoot) for (const each of [inject("tests_folder"), folder]) chmodSync(each, 0o755);
    cluster = await createCluster({ folder, name: "data", log, settings: ["ssl=on"] });
    const { uid, gid } = statSync(cluster.databaseDir);
    for (const name of ["server.crt", "server.key"]) {
      const to = join(cluster.databaseDir, name);
      copyFileSync(fileAt(name), to);
      // PostgreSQL refuses a key that others may read.
      chmodSync(to, 0o600);
      chownSync(to, uid, gid);
    }
    const access = join(cluster.databaseDir, "pg_hba.conf");
    writeFileSync(access, readFileSync(access, "utf8").replaceAll(/^host /gm, "hostssl "));
    await cluster.server.start();
  }, 120_000);
  afterAll(() => cluster.server.stop());

  /** Lists the organizations of a database that is made first, by a URL with these parameters. */
  async function listedBy(parameters: string, host = "localhost") {
    const url = new URL(cluster.url);
    const env = { DATABASE_URL: `${url.href.replace(url.hostname, host)}?${parameters}` };
    const made = await start("admin/main.ts", ["init"], env).ended;
    return made.code === 0 ? start("admin/main.ts", ["organization", "list"], env).ended : made;
  }

  const good = `sslmode=verify-full&sslrootcert=${fileAt("server.crt")}`;

  test.each([good, "sslmode=no-verify"])("is used by %s, without a warning", async (parameters) => {
    expect(await listedBy(parameters)).toMatchObject({ code: 0, err: "" });
    const client = new pg.Client({ connectionString: `${cluster.url}?sslmode=no-verify` });
    await client.connect();
    const { rows } = await client.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
    await client.end();
    expect(rows).toStrictEqual([{ ssl: true }]);
  });

  test.each([
    ["no encryption", "sslmode=disable", "localhost", /no encryption/],
    ["no sslmode", "", "localhost", /no encryption/],
    [
      "a certificate of another authority",
      `sslmode=verify-full&sslrootcert=${fileAt("other.crt")}`,
      "localhost",
      /self-signed certificate/,
    ],
    ["a certificate of an unknown authority", "sslmode=verify-full", "localhost", /self-signed certificate/],
    ["another host than the certificate's", good, "127.0.0.1", /does not match certificate/],
    [
      "an authority's file that is missing",
      "sslmode=verify-full&sslrootcert=/nowhere/ca.crt",
      "localhost",
      /\/nowhere\/ca\.crt/,
    ],
  ])("is not connected to with %s, and the words say why", async (_what, parameters, host, reason) => {
    const { code, out, err } = await listedBy(parameters, host);
    expect([code, out]).toStrictEqual([1, ""]);
    expect(err).toMatch(reason);
    expect(err).not.toContain("    at ");
    expect(err).not.toContain(new URL(cluster.url).password);
  });
});
