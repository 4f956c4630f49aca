import { constants, setPriority } from "node:os";

/**
 * Prepares a process of a pool: it ends with the server, not by the interrupt of a terminal, which the server answers
 * itself; and where processors are few, it leaves them to the server first.
 */
export function endWithParent(): void {
  process.on("SIGINT", () => {});
  process.once("disconnect", () => process.exit());
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
}
