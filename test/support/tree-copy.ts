import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { root, type Block } from "./markdown.ts";

/** One file of a recipe: its path, and the blocks that make it or change it. */
export type Step = { path: string; blocks: Block[] };

/** What is made again, or is not part of the sources. */
const leftOut = new Set(["node_modules", "dist", "data", "coverage", ".git", ".turbo"]);

/** The steps of a recipe: the blocks that stand under a heading which is a path. */
export function stepsOf(blocks: Block[]): Step[] {
  const byHeading = Map.groupBy(blocks, ({ heading }) => /^`([\w./-]+\.\w+)`$/.exec(heading)?.[1] ?? "");
  byHeading.delete("");
  return [...byHeading].map(([path, own]) => ({ path, blocks: own }));
}

/**
 * Copies the sources to a folder, with every package that is installed here; the workspace's own are those of the
 * copy.
 */
export function copyTree(folder: string): void {
  cpSync(root, folder, {
    recursive: true,
    filter: (path) => !leftOut.has(basename(path)) && !path.endsWith(".tsbuildinfo"),
  });
  for (const installed of globSync("{.,apps/*,packages/*,test/partners}/node_modules", { cwd: root }))
    linkPackages(folder, installed);
}

function linkPackages(folder: string, installed: string): void {
  const [from, to] = [join(root, installed), join(folder, installed)];
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== "@moja") symlinkSync(join(from, name), join(to, name));
  }
  if (!existsSync(join(from, "@moja"))) return;
  mkdirSync(join(to, "@moja"));
  for (const workspace of globSync("{apps,packages}/*/package.json", { cwd: folder })) {
    const { name } = JSON.parse(readFileSync(join(folder, workspace), "utf8")) as { name: string };
    const link = join(to, name);
    symlinkSync(relative(dirname(link), join(folder, dirname(workspace))), link);
  }
}

/** Takes a step in a copy of the tree: writes the file, or makes the changes that its `diff` blocks show. */
export function takeStep(folder: string, { path, blocks }: Step): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  for (const { language, code } of blocks) writeFileSync(file, language === "diff" ? changed(file, code) : code);
}

/** Makes a step's file what it is in the tree: as it was, or not there. */
export function undoStep(folder: string, { path }: Step): void {
  rmSync(join(folder, path), { force: true });
  if (existsSync(join(root, path))) cpSync(join(root, path), join(folder, path));
}

/**
 * A file with the lines of a diff that begin with `+` in the place of those that begin with `-`; the others say
 * where.
 */
function changed(file: string, diff: string): string {
  const lines = diff.trimEnd().split("\n");
  const [before, after] = ["-", "+"].map((sign) =>
    lines.flatMap((line) => (line.startsWith(sign) || line.startsWith(" ") ? [`${line.slice(1)}\n`] : [])).join(""),
  ) as [string, string];
  const parts = readFileSync(file, "utf8").split(before);
  if (parts.length !== 2) throw new Error(`${file} has these lines ${parts.length - 1} times, not once:\n${before}`);
  return parts.join(after);
}
