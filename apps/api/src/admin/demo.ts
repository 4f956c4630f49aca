import { demoStories, writeDemo } from "@moja/demo";
import type { Command } from "commander";
import { progressBar } from "../progress-bar.ts";
import { asCount } from "./values.ts";
import { withDatabase } from "./with-database.ts";

/** Adds the command that writes the demo's records. */
export function addDemo(program: Command): void {
  program
    .command("demo")
    .description("write the demo's organizations and calls; refused where real organizations are")
    .option("--calls <number>", "how many stories", asCount, demoStories)
    .action(
      withDatabase(
        async (database, { calls }: { calls: number }) => {
          const bar = progressBar(calls, "stories");
          await writeDemo(database, { calls, now: Date.now(), onProgress: bar.update }).finally(bar.stop);
          console.error(`Told ${calls} stories.`);
        },
        { make: true },
      ),
    );
}
