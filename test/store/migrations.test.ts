import { readdir } from "node:fs/promises";
import { connect, migrate, openDatabase } from "@moja/store";
import { describe, expect, test } from "vitest";
import { databases } from "../support/databases.ts";

describe.each(databases)("a database on $name", ({ create }) => {
  test("is brought up to date once, also by several processes that start at once", async () => {
    await using fresh = await create();
    const opened = await Promise.all(Array.from({ length: 4 }, () => openDatabase(fresh.url)));
    const [first] = opened as [(typeof opened)[number]];
    const files = (await readdir(new URL("../../packages/store/migrations/", import.meta.url))).toSorted();
    expect((await first("knex_migrations").orderBy("id")).map(({ name }: { name: string }) => name)).toStrictEqual(
      files,
    );
    expect(await migrate(first)).toStrictEqual([]);
    await Promise.all(opened.map((database) => database.destroy()));
  });
});

test("SQLite's planner is told of every index, also where a start was cut off before it was", async () => {
  await using fresh = await databases[0].create();
  const told = async () => {
    const database = await openDatabase(fresh.url);
    const rows = await database("sqlite_stat1").orderBy("idx");
    await database("sqlite_stat1").delete();
    await database.destroy();
    return rows;
  };
  const first = await told();
  expect(first).toContainEqual({ tbl: "calls", idx: "calls_by_campaign", stat: "1000000 100000 1000 10 1" });
  expect(await told()).toStrictEqual(first);
});

test("an address of another kind is refused by name", () => {
  expect(() => connect("mysql://root@localhost/moja")).toThrow(
    "DATABASE_URL must begin with sqlite: or postgres://, not mysql:",
  );
});
