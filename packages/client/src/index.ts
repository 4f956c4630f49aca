export { createClient } from "./client.ts";
export type { Client, ClientOptions } from "./client-types.ts";
export type { Estimate, ExportFile, Resume } from "./export-file.ts";
export { MojaError } from "./errors.ts";
export type { PushedBatch, PushAllOptions } from "./push-all.ts";
export type { PushedLines, PushLinesOptions } from "./push-lines.ts";
