import { spawn } from "node:child_process";
import { once } from "node:events";

/** What runs `moja` from its sources. */
export const mojaCommand = [
  "--conditions=moja-source",
  new URL("../../apps/cli/src/main.ts", import.meta.url).pathname,
];

/** Runs `moja` in a folder, to its end. */
export async function runMoja(args: string[], folder: string, env: Record<string, string>, input = "") {
  const child = spawn(process.execPath, [...mojaCommand, ...args], { cwd: folder, env });
  const [out, err] = [[] as string[], [] as string[]];
  child.stdout.on("data", (chunk) => out.push(String(chunk)));
  child.stderr.on("data", (chunk) => err.push(String(chunk)));
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number];
  return { code, out: out.join(""), err: err.join("") };
}
