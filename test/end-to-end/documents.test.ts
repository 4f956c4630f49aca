import { execFile } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { describe, expect, inject, test } from "vitest";
import { markdownFiles, root, spansOf, type MarkdownFile } from "../support/markdown.ts";
import { stepsOf } from "../support/tree-copy.ts";

const run = promisify(execFile);
const files = await markdownFiles();
const file = (path: string) => {
  const found = files.find((each) => each.path === path);
  if (!found) throw new Error(`There is no ${path}`);
  return found;
};
const packageJson = async (folder: string) =>
  JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")) as {
    name: string;
    scripts?: Record<string, string>;
    dependencies?: Record<string, string>;
  };

/**
 * Paths that documents name although they are not there, each with the reason. An entry that is no longer needed
 * fails.
 */
const notThere: Record<string, string> = {
  "packages/contracts/src/records/blocked-caller.ts": "the reader of the recipe writes it",
  "packages/contracts/src/reports/blocked-callers.ts": "the reader of the recipe writes it",
  "packages/store/migrations/0013_blocked_callers.sql": "the reader of the recipe writes it",
  "packages/store/src/reports/blocked-callers.ts": "the reader of the recipe writes it",
};

/** Whether a text in a document is a path of the repository: one from the root, or the name of a source file. */
const isPath = (text: string) =>
  /^(\.ci|apps|docs|packages|test)(\/[\w.-]+)+\/?$/.test(text) || /^[\w-][\w./-]*\.(ts|sql|json|md)$/.test(text);

/** The paths that a document names: in inline code, in the listings of trees, and in commands. */
function pathsIn({ blocks, prose }: MarkdownFile): string[] {
  const inBlocks = blocks
    .filter(({ language }) => ["sh", "bash", "console", "text"].includes(language))
    .flatMap(({ code }) => code.split(/\s+/).filter((word) => /^(apps|docs|packages|test)\/[\w.-]/.test(word)));
  return [...spansOf(prose).spans, ...inBlocks].filter(isPath);
}

/** Every source file, by which a file may be named without its folder. */
const sources = globSync("{apps,packages,test}/**/*.{ts,sql,json}", {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
});

const isThere = (path: string) =>
  existsSync(join(root, path)) || (!path.endsWith("/") && sources.some((each) => each.endsWith(`/${path}`)));

describe("the documents", () => {
  test("are there: the README, the pages under docs, and what a contributor and a user of a new version read", () => {
    expect(files.map(({ path }) => path)).toStrictEqual(
      expect.arrayContaining([
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        ...["getting-started", "api", "exports", "operations", "architecture"].map((name) => `docs/${name}.md`),
      ]),
    );
  });

  test("begin with a README of at most 800 words", () => {
    expect(file("README.md").text.trim().split(/\s+/).length).toBeLessThanOrEqual(800);
  });

  test.each(files)("$path links to what is there, to the heading", ({ path, prose }) => {
    const { words } = spansOf(prose);
    for (const [, target = ""] of words.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:\/\//.test(target)) continue;
      const [to = "", anchor] = target.split("#");
      const linked = to === "" ? path : normalize(join(dirname(path), to));
      expect(existsSync(join(root, linked)), `${path}: ${target}`).toBe(true);
      if (anchor !== undefined) expect(file(linked).anchors, `${path}: ${target}`).toContain(anchor);
    }
  });

  test.each(files)("$path names paths that are there", (document) => {
    for (const path of pathsIn(document)) if (!(path in notThere)) expect(isThere(path), path).toBe(true);
  });

  test("have no path on the list of those that are not there without need", () => {
    const named = new Set(files.flatMap(pathsIn));
    for (const path of Object.keys(notThere)) {
      expect(isThere(path), path).toBe(false);
      expect(named.has(path), path).toBe(true);
    }
  });

  // A changelog names what has been, too.
  test.each(files.filter(({ path }) => path !== "CHANGELOG.md"))(
    "$path names npm commands that are there",
    async ({ text }) => {
      const { scripts = {} } = await packageJson(".");
      for (const [, script, short] of text.matchAll(/\bnpm (?:run (?:-s )?([\w:]+)|(start|test)\b)/g))
        expect(Object.keys(scripts)).toContain(script ?? short);
    },
  );

  test.each(files)(
    "$path has no block that tests pass over: each says its language, and none is made by indenting",
    ({ path, blocks, prose }) => {
      const laidIntoTree = path === "CONTRIBUTING.md" ? stepsOf(blocks).flatMap((step) => step.blocks) : [];
      for (const { heading, language, code } of blocks.filter((block) => !laidIntoTree.includes(block))) {
        expect(["sh", "bash", "console", "ts", "python", "json", "text"], heading).toContain(language);
        if (language === "json") expect(() => void JSON.parse(code), heading).not.toThrow();
        // A listing is no place to hide a command.
        if (language === "text") expect(code, heading).not.toMatch(/^\s*\$ |\b(curl|npm) /m);
      }
      for (const [index, line] of prose.entries())
        expect(prose[index - 1]?.trim() === "" && /^ {4,}\S/.test(line), line).toBe(false);
    },
  );

  test("have TypeScript that compiles, each document's blocks as one program", async () => {
    const folder = await mkdtemp(join(inject("tests_folder"), "documents-"));
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    const typed = files.filter(({ blocks }) => blocks.some(({ language }) => language === "ts"));
    expect(typed.length).toBeGreaterThan(4);
    for (const { path, blocks } of typed) {
      const code = blocks.flatMap((each) => (each.language === "ts" ? each.code : [])).join("\n");
      await mkdir(join(folder, dirname(path)), { recursive: true });
      await writeFile(join(folder, path.replace(/\.md$/, ".mts")), `${code}\nexport {};\n`);
    }
    const compilerOptions = {
      noEmit: true,
      composite: false,
      declaration: false,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true,
      typeRoots: [join(root, "node_modules/@types")],
    };
    const config = { extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["**/*.mts"] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    const { stdout } = await run(join(root, "node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe("");
  }, 120_000);
});

describe("a decision", () => {
  const decisions = files.filter(({ path }) => /^docs\/decisions\/(?!README)/.test(path));

  test("has a number of its own, none left out, and its line in the list", () => {
    const index = file("docs/decisions/README.md").text;
    const listed = [...index.matchAll(/^- \[(\d{4})\]\((\S+)\) (.+)$/gm)].map(([, number, name, title]) => ({
      number,
      name,
      title,
    }));
    expect(listed).toStrictEqual(
      decisions.map(({ path, prose: [title = ""] }, at) => ({
        number: String(at + 1).padStart(4, "0"),
        name: path.split("/").at(-1),
        title: title.replace(/^# \d+\. /, ""),
      })),
    );
    for (const [at, { path, prose }] of decisions.entries()) {
      expect(path).toMatch(new RegExp(`/${String(at + 1).padStart(4, "0")}-[a-z0-9-]+\\.md$`));
      expect(prose[0]).toMatch(new RegExp(`^# ${at + 1}\\. `));
    }
  });

  test.each(decisions)("in $path says its status, context, decision and consequences", ({ text }) => {
    const sections = text.split(/^## /m).slice(1);
    expect(sections.map((each) => each.split("\n", 1)[0])).toStrictEqual([
      "Status",
      "Context",
      "Decision",
      "Consequences",
    ]);
    for (const section of sections) expect(section.trim().split("\n").length, section).toBeGreaterThan(2);
    expect(sections[0]).toMatch(/^Status\n\n(Accepted|Superseded by \[\d{4}\]\(\S+\))\n/);
  });
});

describe("the README of a package", () => {
  const folders = globSync("{packages,apps}/*/package.json", { cwd: root }).map((path) => dirname(path));

  test.each(folders.toSorted())("%s says its name, what it may import, its rooms and an example", async (folder) => {
    const { name, dependencies = {} } = await packageJson(folder);
    const { text, prose, blocks } = file(`${folder}/README.md`);
    expect(prose[0]).toBe(`# ${name}`);
    const [, imports = ""] = /^\*\*May import:\*\* ([^]*?)\n\n/m.exec(text) ?? [];
    expect([...imports.matchAll(/@moja\/\w+/g)].map(([each]) => each).toSorted()).toStrictEqual(
      Object.keys(dependencies)
        .filter((each) => each.startsWith("@moja/"))
        .toSorted(),
    );
    expect(
      spansOf(prose).spans.filter((each) => each.startsWith(`${folder}/`)),
      "its rooms",
    ).not.toStrictEqual([]);
    expect(blocks.length, "an example").toBeGreaterThan(0);
    expect(file("README.md").text, "its link").toContain(`](${folder}/README.md)`);
  });
});
