export { answers, type Answer } from "./resolvers.ts";
export { connect } from "./database/connect.ts";
export { migrate, openDatabase, unlockMigrations } from "./database/migrate.ts";
export { type Database } from "./database/dialect.ts";
export { JsonLine } from "./ingest/ndjson-line.ts";
export { createKey, findKey, listKeys, revokeKey, type ApiKey } from "./auth/keys.ts";
export {
  createOrganization,
  findOrganization,
  listOrganizations,
  setOrganization,
  type Organization,
} from "./auth/organizations.ts";
export { readingThreads } from "./database/sqlite/read-pool.ts";
export { record, type Receipt } from "./ingest/ingest.ts";
export { retain } from "./purge.ts";
export { Scope } from "./tenant-scope.ts";
export { type Table } from "./database/tables.ts";
export { cursorAt } from "./queries/list.ts";
