/** The value of a column: `text`, `integer` or `bigint` below 2^53, or null. */
export type StoredValue = string | number | null;

/** A row as the database returns it. */
export type StoredRow = Record<string, StoredValue>;
