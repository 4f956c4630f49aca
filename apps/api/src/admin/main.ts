import "../node-version.ts";
import { Refusal } from "@moja/contracts";
import { inWords } from "../config.ts";
import { program } from "../operator.ts";

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Refusal ? error.message : inWords(error));
  process.exitCode = 1;
});
