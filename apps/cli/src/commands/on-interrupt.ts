import { constants } from "node:os";

/** Does this when the run is interrupted, which then ends as signals end programs. What is returned takes it back. */
export function whenInterrupted(act: () => void): () => void {
  const interrupted = (signal: NodeJS.Signals) => {
    act();
    process.exit(128 + constants.signals[signal]);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  return () => void process.removeListener("SIGINT", interrupted).removeListener("SIGTERM", interrupted);
}
