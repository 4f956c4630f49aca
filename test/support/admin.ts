import { execFile } from "node:child_process";

/** How a command ended, and what it printed. */
export type Ended = { code: number; out: string; err: string };

/** Stops a process's clock at a moment, so that a test knows its limits of time to the millisecond. */
const stoppedAt = (now: number) =>
  `data:text/javascript,${encodeURIComponent(
    `const Clock = Date; globalThis.Date = class extends Clock {
       constructor(...given) { given.length > 0 ? super(...given) : super(${now}); }
       static now() { return ${now}; }
     };`,
  )}`;

/** Runs an operator's command as a process of its own, with its clock stopped at `now` when that is given. */
export function admin(database_url: string, args: string[], { now }: { now?: number } = {}): Promise<Ended> {
  const file = new URL("../../apps/api/src/admin/main.ts", import.meta.url).pathname;
  const node = ["--conditions=moja-source", ...(now === undefined ? [] : ["--import", stoppedAt(now)]), file];
  const env = { PATH: process.env["PATH"] ?? "", LOG_LEVEL: "silent", DATABASE_URL: database_url };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...node, ...args], { env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}
