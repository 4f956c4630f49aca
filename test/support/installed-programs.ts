import { existsSync } from "node:fs";

/**
 * Whether a program that npm does not bring is at its place. Without it this says what was not tested, and where
 * nothing may stay untested (`CI`) it throws.
 */
export function isInstalled({
  program,
  path,
  skipped,
  hint,
}: {
  program: string;
  path: string;
  skipped: string;
  hint: string;
}): boolean {
  if (existsSync(path)) return true;
  const reason = `There is no ${program} at ${path}: ${skipped} was not tested. ${hint}`;
  if (process.env["CI"]) throw new Error(reason);
  process.stderr.write(`\n${reason}\n`);
  return false;
}
