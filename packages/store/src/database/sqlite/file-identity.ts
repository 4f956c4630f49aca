import { statSync } from "node:fs";

/** Which file a path leads to; another one after it was deleted, replaced or its volume unmounted. */
export function fileIdentity(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}
