export { resolvers } from "./resolvers.ts";
export type { Operation } from "./reports/implement-report.ts";
export { connect } from "./database/connect.ts";
export { migrate, unlockMigrations } from "./database/migrate.ts";
export { openDatabase, openExisting, rejectNoDatabase } from "./database/open.ts";
export { rejectEmptyFile } from "./database/sqlite/database-file.ts";
export { watchHealth, type Health } from "./database/health.ts";
export { connectionUrl, isPostgres, type Database } from "./database/dialect.ts";
export { isOutage, toTransferableError } from "./database/outages.ts";
export { encodingIssue, NdjsonLine } from "./ingest/ndjson-line.ts";
export { findInexact, rejectInexactRecords } from "./ingest/parse-record.ts";
export { findCaller } from "./auth/caller.ts";
export { createKey, listKeys, revokeKey, type ApiKey } from "./auth/keys.ts";
export {
  createOrganization,
  findOrganization,
  keyedHashOf,
  listOrganizations,
  updateOrganization,
  type Organization,
} from "./auth/organizations.ts";
export { createWorkerPool, movingBytes } from "./database/worker-pool.ts";
export { attachReplica, committedPosition, readFrom, replicaStatus } from "./database/read-source.ts";
export { readLimitsOf, type ReadLimits } from "./database/read-limits.ts";
export { Lanes } from "./database/lanes.ts";
export { ingestRecords, type Receipt } from "./ingest/ingest.ts";
export { runWork, writeElsewhere } from "./ingest/sqlite/write-queue.ts";
export type { Work } from "./ingest/sqlite/write-job.ts";
export type { WriteOutcome } from "./ingest/row-layout.ts";
export { eraseCaller } from "./erase-caller.ts";
export { openRequestCounts, type RequestCounts } from "./request-counts.ts";
export { purge } from "./purge.ts";
export { TenantScope } from "./tenant-scope.ts";
export { type Table } from "./database/tables.ts";
export { cursorAt } from "./queries/list.ts";
