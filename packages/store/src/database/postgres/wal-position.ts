/** A place in PostgreSQL's log of changes, as 16 hexadecimal digits: of two, the greater text is the later place. */
export type WalPosition = string;

/** A place as PostgreSQL writes it (`pg_lsn`), in digits of a fixed number. */
export function toWalPosition(lsn: string): WalPosition {
  const [high = "", low = ""] = lsn.split("/");
  return high.padStart(8, "0") + low.padStart(8, "0");
}

/**
 * Where the log is after a commit. Without `synchronous_commit` a commit may not have been written to the disk yet: the
 * place of what was inserted is then after it, that of what was flushed is not.
 */
export const committedPositionSql = `select case current_setting('synchronous_commit')
  when 'off' then pg_current_wal_insert_lsn() else pg_current_wal_flush_lsn() end::text as position`;
