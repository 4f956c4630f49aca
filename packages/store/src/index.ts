export { answers, type Answer } from "./resolvers.ts";
export { connect, migrate, openDatabase, unlockMigrations, type Database } from "./database/migrate.ts";
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
export { Scope, type Table } from "./tenant-scope.ts";
export { cursorAt } from "./queries/list.ts";
