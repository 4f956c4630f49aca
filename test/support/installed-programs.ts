import { existsSync } from "node:fs";

/** Whether a program that npm does not bring is at its place. Without it this says what was not tested, and where nothing may stay untested (`CI`) it throws. */
export function isThere({
  program,
  path,
  untested,
  cure,
}: {
  program: string;
  path: string;
  untested: string;
  cure: string;
}): boolean {
  if (existsSync(path)) return true;
  const reason = `There is no ${program} at ${path}: ${untested} was not tested. ${cure}`;
  if (process.env["CI"]) throw new Error(reason);
  process.stderr.write(`\n${reason}\n`);
  return false;
}
