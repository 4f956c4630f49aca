import { ApiError } from "@moja/contracts";
import { formatError } from "../format-error.ts";
import { program } from "./program.ts";

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof ApiError ? error.message : formatError(error));
  process.exitCode = 1;
});
