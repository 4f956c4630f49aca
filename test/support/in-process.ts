import { vi } from "vitest";

/** What a command wrote: its lines, what it wrote to standard output by itself, and its exit code. */
export type Ran = { out: string; err: string; code: number };

/** A program of commander's, as far as it is run. */
type Program = { parseAsync: (args: string[], from: { from: "user" }) => Promise<unknown> };

/**
 * Runs a program's command line in this process with some variables: the code of the command itself, without the time
 * that a process takes.
 */
export async function runInProcess(
  program: Program,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const [out, err] = [[] as string[], [] as string[]];
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const spies = [
    vi.spyOn(console, "log").mockImplementation((line: unknown) => void out.push(`${String(line)}\n`)),
    vi.spyOn(console, "error").mockImplementation((line: unknown) => void err.push(`${String(line)}\n`)),
    vi.spyOn(process.stdout, "write").mockImplementation((chunk: unknown, ...more: unknown[]) => {
      out.push(chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : String(chunk));
      const done = more.at(-1);
      if (typeof done === "function") process.nextTick(done);
      return true;
    }),
  ];
  try {
    await program.parseAsync([...args], { from: "user" });
    return { out: out.join(""), err: err.join(""), code: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}
