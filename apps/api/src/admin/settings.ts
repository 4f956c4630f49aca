import type { Command } from "commander";
import { settingsSchema } from "../config.ts";

/** Adds the command that prints every setting, as the Markdown table of the documentation. */
export function addSettings(program: Command): void {
  program
    .command("settings")
    .description("print every setting")
    .action(() => console.log(settingsTable()));
}

function settingsTable(): string {
  const rows = Object.entries(settingsSchema.shape).map(([name, field]) => {
    const standard = String(field.parse(undefined));
    return `| \`${name}\` | ${standard && `\`${standard}\``} | ${field.meta()?.description ?? ""} |`;
  });
  return ["| Setting | Default | What it is |", "|---|---|---|", ...rows].join("\n");
}
