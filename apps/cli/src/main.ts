#!/usr/bin/env node
import { enableCompileCache } from "node:module";

/** Reading the sources takes longer than most commands: what was made of them is kept for the next time. */
enableCompileCache();
await import("./program.ts");
