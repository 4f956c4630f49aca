import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A fenced block of code, with the heading that it stands under. */
export type Block = { heading: string; language: string; code: string };

/** A Markdown file of the repository: its path from the root, its blocks, and its lines outside of them. */
export type MarkdownFile = { path: string; text: string; blocks: Block[]; prose: string[]; anchors: Set<string> };

const skipped = new Set(["node_modules", "dist", "data", "coverage"]);

/** Every Markdown file of the repository, in the order of their paths. */
export async function markdownFiles(): Promise<MarkdownFile[]> {
  const paths = globSync("**/*.md", { cwd: root, exclude: (path) => skipped.has(path.split("/").at(-1) ?? "") });
  return Promise.all(
    paths.toSorted().map(async (path) => {
      const text = await readFile(`${root}${path}`, "utf8");
      const { blocks, prose } = parse(text);
      const headings = prose.flatMap((line) => /^#+ (.+)$/.exec(line)?.[1] ?? []);
      return { path, text, blocks, prose, anchors: new Set(headings.map(anchorOf)) };
    }),
  );
}

/** The fenced blocks of a Markdown text, in order. */
export function blocksOf(text: string): Block[] {
  return parse(text).blocks;
}

/** The lines of prose without their inline code, and the inline code by itself. */
export function spansOf(prose: string[]): { words: string; spans: string[] } {
  const text = prose.join("\n");
  return {
    words: text.replaceAll(/`[^`]+`/g, "``"),
    spans: [...text.matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span),
  };
}

/** A heading's anchor, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
    .replaceAll(" ", "-");
}

function parse(text: string): { blocks: Block[]; prose: string[] } {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let heading = "";
  let open: Block | undefined;
  for (const line of text.split("\n")) {
    const [, language] = /^ *```(\w*) *$/.exec(line) ?? [];
    if (open && language === "") {
      blocks.push(open);
      open = undefined;
    } else if (open) open.code += `${line}\n`;
    else if (language !== undefined) open = { heading, language, code: "" };
    else {
      heading = /^#+ (.+)$/.exec(line)?.[1] ?? heading;
      prose.push(line);
    }
  }
  if (open) throw new Error(`A block of code under "${heading}" does not end`);
  return { blocks, prose };
}
