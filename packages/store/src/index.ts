export { answers, type Answer } from "./answers.ts";
export { connect, migrate, openDatabase, unlockMigrations, type Database } from "./database.ts";
export { JsonLine } from "./json-line.ts";
export { createKey, findKey, listKeys, revokeKey, type ApiKey } from "./keys.ts";
export {
  createOrganization,
  findOrganization,
  listOrganizations,
  setOrganization,
  type Organization,
} from "./organizations.ts";
export { readingThreads } from "./reading-threads.ts";
export { record, type Receipt } from "./recorder.ts";
export { retain } from "./retention.ts";
export { Scope, type Table } from "./scope.ts";
export { cursorAt } from "./shapes/list.ts";
