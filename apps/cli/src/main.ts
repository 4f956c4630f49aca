#!/usr/bin/env node
import { createClient, MojaError } from "@moja/client";
import { Command } from "commander";

const program = new Command("moja")
  .description("Moja reporting in the terminal")
  .option("--url <url>", "where the API is", process.env["MOJA_URL"] ?? "http://127.0.0.1:3000")
  .option("--key <key>", "the API key", process.env["MOJA_API_KEY"] ?? "");

program
  .command("whoami")
  .description("show the key in use, its organization and its limits")
  .action(async () => {
    const { url, key } = program.opts<{ url: string; key: string }>();
    console.log(JSON.stringify(await createClient({ url, key }).me.get(), null, 2));
  });

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof MojaError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
});
