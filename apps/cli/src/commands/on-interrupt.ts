import { constants } from "node:os";

/** Does this when the run is interrupted, which then ends as signals end programs. What is returned takes it back. */
export function onInterrupt(listener: () => void): () => void {
  const handler = (signal: NodeJS.Signals) => {
    listener();
    process.exit(128 + constants.signals[signal]);
  };
  process.once("SIGINT", handler).once("SIGTERM", handler);
  return () => void process.removeListener("SIGINT", handler).removeListener("SIGTERM", handler);
}
