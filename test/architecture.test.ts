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
