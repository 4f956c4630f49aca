/** How long a write waits for another process's lock, in milliseconds. */
export const busyTimeoutMs = 5000;

/** Settings of every connection: a commit is durable when it returns, and readers never wait for the writer. */
export const pragmas = [
  "journal_mode = WAL",
  "synchronous = FULL",
  `busy_timeout = ${busyTimeoutMs}`,
  "mmap_size = 1073741824",
  "wal_autocheckpoint = 16384",
  "cache_size = -65536",
  "foreign_keys = ON",
];

/** Settings of the write worker, without memory mapping: SQLite would remap the file each time it grows. */
export const writerPragmas = [...pragmas, "mmap_size = 0"];

/** Settings of the read workers. */
export const readerPragmas = [...pragmas, "query_only = ON"];

/** Settings for one read-only pass over many rows, in little memory. */
export const lowMemoryPragmas = [...pragmas, "mmap_size = 0", "cache_size = -2048", "query_only = ON"];
