import { readdir, readFile } from "node:fs/promises";
import { contracts } from "@moja/contracts";
import { resolvers } from "@moja/store";
import { expect, test } from "vitest";

const root = new URL("../", import.meta.url);
const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

test("each report has one stem in every layer", async () => {
  const stems = Object.keys(contracts).map(kebab);
  for (const folder of ["packages/contracts/src/reports/", "packages/store/src/reports/"]) {
    const files = (await readdir(new URL(folder, root))).map((file) => file.replace(/\.ts$/, ""));
    expect(files, folder).toEqual(expect.arrayContaining(stems));
  }
  expect(Object.keys(resolvers).toSorted()).toStrictEqual(Object.keys(contracts).toSorted());
});

test("only the store imports a database, only the router serves tRPC, only the app imports express", async () => {
  const laws: [RegExp, RegExp][] = [
    [/from "(knex|better-sqlite3|pg)"/, /^packages\/store\//],
    [/from "trpc-to-openapi"/, /^packages\/router\//],
    [/^import (?!type).*from "@trpc\/server/m, /^packages\/router\//],
    [/from "express"/, /^apps\/api\//],
    [/process\.env/, /^apps\//],
  ];
  const files = (
    await Promise.all(
      ["packages", "apps"].map((folder) =>
        readdir(new URL(folder, root), { recursive: true }).then((names) => names.map((name) => `${folder}/${name}`)),
      ),
    )
  ).flat();
  const sources = files.filter((file) => /^(packages|apps)\/\w+\/src\/.*\.ts$/.test(file));
  expect(sources.length).toBeGreaterThan(40);
  for (const file of sources) {
    const text = await readFile(new URL(file, root), "utf8");
    for (const [what, where] of laws) if (what.test(text)) expect(file, String(what)).toMatch(where);
  }
});

test("a column is text, integer or bigint, and every key and index of the records begins with the organization", async () => {
  const folder = new URL("packages/store/migrations/", root);
  const statements = (await Promise.all((await readdir(folder)).map((file) => readFile(new URL(file, folder), "utf8"))))
    .join("\n")
    .split(";");
  for (const statement of statements) {
    const [, table] = /create table (\w+)/.exec(statement) ?? [];
    for (const [line] of statement.matchAll(/^ {2}(?!primary)\w+ \w+/gm))
      expect(line, table).toMatch(/ (text|integer|bigint)$/);
    if (table && table !== "api_keys")
      expect(statement, table).toMatch(/primary key \(organization_id|organization_id text not null primary key/);
    const [, index] = /create index (\w+)/.exec(statement) ?? [];
    if (index) expect(statement, index).toMatch(/ on \w+ \(organization_id, /);
  }
});
