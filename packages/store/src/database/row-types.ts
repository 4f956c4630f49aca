/** What a column holds. */
export type StoredValue = string | number | null;

/** A row as the database gives it. */
export type StoredRow = Record<string, string | number | null>;
