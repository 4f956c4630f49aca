import { constants } from "node:os";

/** Calls a listener on SIGINT or SIGTERM, then exits as after that signal. Returns what removes the listener. */
export function onInterrupt(listener: () => void): () => void {
  const handler = (signal: NodeJS.Signals) => {
    listener();
    process.exit(128 + constants.signals[signal]);
  };
  process.once("SIGINT", handler).once("SIGTERM", handler);
  return () => void process.removeListener("SIGINT", handler).removeListener("SIGTERM", handler);
}
