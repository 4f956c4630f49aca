/** What a column holds. */
export type StoredValue = string | number | null;

/** A row as the database gives it. */
export type Stored = Record<string, string | number | null>;
