/** How long a write waits for another process's lock, in milliseconds. */
export const busyTimeoutMs = 5000;

/** Settings of every connection: a commit is durable when it returns, and readers never wait for the writer. */
export const pragmas = [
  "journal_mode = WAL",
  "synchronous = FULL",
  `busy_timeout = ${busyTimeoutMs}`,
  // A process that reads a mapped file which was cut is killed by SIGBUS; without a map, SQLite reports an error.
  "mmap_size = 0",
  "wal_autocheckpoint = 16384",
  "cache_size = -65536",
  "foreign_keys = ON",
];

/** Settings of the read workers. */
export const readerPragmas = [...pragmas, "query_only = ON"];

/** Settings for one read-only pass over many rows, in little memory. */
export const lowMemoryPragmas = [...pragmas, "cache_size = -2048", "query_only = ON"];
