import { execFile } from "node:child_process";
import { mkdir, realpath, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";

const require = createRequire(import.meta.url);

/** Runs a program and resolves to its output; rejects with it when the program fails. */
export const run = promisify(execFile);

/** The folder of the repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The folder of an installed package, preferably in the version that the partners' workspace has. */
export async function installed(name: string): Promise<string> {
  for (const folder of [join(root, "test/partners"), root]) {
    const found = await realpath(join(folder, "node_modules", name)).catch(() => undefined);
    if (found) return found;
  }
  throw new Error(`${name} is not installed`);
}

/** Makes installed packages the dependencies of a folder. */
export async function linkPackages(folder: string, names: string[]): Promise<void> {
  for (const name of names) {
    const link = join(folder, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(await installed(name), link);
  }
}

/** Runs the command of the package in a folder; it fails as the command does, with what it said. */
export function packageCommand(name: string, from: string, args: string[], cwd: string) {
  const { bin } = require(join(from, "package.json")) as { bin: string | Record<string, string> };
  return run(process.execPath, [join(from, typeof bin === "string" ? bin : String(bin[name])), ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "" },
  });
}

/** What TypeScript 5.9 and 7 say of a folder with a `tsconfig.json`; nothing where it compiles. */
export async function expectToCompile(folder: string, isForeign = (_diagnostic: string) => false): Promise<void> {
  for (const typescript of ["node_modules/typescript", "test/partners/node_modules/typescript"]) {
    const said = await packageCommand("tsc", join(root, typescript), ["-p", "."], folder).then(
      () => "",
      (error: { stdout?: string }) => error.stdout ?? String(error),
    );
    const own = said.split("\n").filter((diagnostic) => !isForeign(diagnostic));
    expect(own.join("\n"), typescript).toBe("");
  }
}
