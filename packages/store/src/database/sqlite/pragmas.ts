/** How long a write waits for another process's lock. */
export const busyTimeoutMs = 5000;

/** How SQLite is used: a commit is durable when it returns, and readers never wait for the writer. */
export const pragmas = [
  "journal_mode = WAL",
  "synchronous = FULL",
  `busy_timeout = ${busyTimeoutMs}`,
  "mmap_size = 1073741824",
  "wal_autocheckpoint = 16384",
  "cache_size = -65536",
  "foreign_keys = ON",
];

/** How the writing thread uses it: a file that is mapped would be mapped anew whenever it grows. */
export const writerPragmas = [...pragmas, "mmap_size = 0"];

/** How a thread reads what is asked again and again, without writing. */
export const readerPragmas = [...pragmas, "query_only = ON"];

/** How a thread reads through everything once: in little memory, and without writing. */
export const lowMemoryPragmas = [...pragmas, "mmap_size = 0", "cache_size = -2048", "query_only = ON"];
