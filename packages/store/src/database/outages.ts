/** Classes of PostgreSQL's SQLSTATE (their first two characters) that say nothing about the statement. */
const outageClasses = new Set([
  "08", // connection exception
  "28", // this server's own user is refused
  "53", // insufficient resources: disk, memory, connections
  "58", // errors of its operating system
]);

/** Further codes of PostgreSQL, of the network and of the file system for a database that cannot answer now. */
const outageCodes = new Set([
  "25006", // read-only, as after a failover
  "3D000", // the database does not exist (yet)
  "40001", // serialization failure
  "40P01", // deadlock
  "42P01", // a table is gone, as while a backup is restored: all statements name tables of the migrations
  "55000", // not in the state that the statement needs
  "55P03", // a lock is not available
  "57014", // canceled, by the timeout of statements too
  "57P01", // admin shutdown
  "57P02", // crash shutdown
  "57P03", // cannot connect now
  "57P05", // idle session timeout
  "XX001", // data are corrupt
  "XX002", // an index is corrupt
  "EADDRNOTAVAIL",
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "EMFILE",
  "ENETDOWN",
  "ENETUNREACH",
  "ENFILE",
  "ENOTFOUND",
  "EPIPE",
  "EPROTO",
  "ETIMEDOUT",
]);

/** Codes of Node for a certificate that is not taken, as one that has expired. */
const tlsOutages = /^(CERT_|DEPTH_ZERO_|ERR_SSL_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_)/;

/** Codes of SQLite; each also stands for its extended ones, like `SQLITE_IOERR_WRITE`. */
const sqliteOutages =
  /^SQLITE_(BUSY|CANTOPEN|CORRUPT|FULL|IOERR|LOCKED|NOLFS|NOMEM|NOTADB|PERM|PROTOCOL|READONLY)(_|$)/;

/** What SQLite says of a file that was cut while it was open: it reads as a database without tables. */
const lostTable = /^no such table: /;

/** Messages of the drivers and pools for a connection or a process that was lost, which carry no code. */
const lostConnection =
  /connection terminated|connection error|connection ended|not queryable|acquir(e|ing) a connection|worker exited/i;

/** Codes after which other connections of the same pool fail alike: they lead to a server that has been replaced. */
const failoverCodes = /^(08|25006|55000|57P0[123]|E)/;

/** Whether an error says that the database cannot answer now, rather than that a statement is wrong. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  return (
    outageCodes.has(code) ||
    (/^[0-9A-Z]{5}$/.test(code) && outageClasses.has(code.slice(0, 2))) ||
    tlsOutages.test(code) ||
    sqliteOutages.test(code) ||
    lostTable.test(error.message) ||
    lostConnection.test(error.message)
  );
}

/** Whether an outage makes every open connection useless, because the server behind them is another or none. */
export function isFailover(error: unknown): boolean {
  return isOutage(error) && error instanceof Error && (failoverCodes.test(codeOf(error)) || codeOf(error) === "");
}

/**
 * An error that a process of a pool may throw: only what can be enumerated arrives. `restoreError` reverses it.
 */
export function toTransferableError(error: unknown): unknown {
  return error instanceof Error ? Object.assign(new Error(error.message), { code: codeOf(error) }) : error;
}

/** Rethrows an error of a process of a pool, which arrives as a plain object. */
export function restoreError(error: unknown): never {
  if (error instanceof Error || typeof error !== "object" || error === null) throw error;
  throw Object.assign(new Error("message" in error ? String(error.message) : "It failed without a word"), error);
}

/** Whether an error says that PostgreSQL ended a statement, because its time was over or its caller gone. */
export function isCanceled(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === "57014";
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
