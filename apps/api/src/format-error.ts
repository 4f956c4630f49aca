import { SettingsError, type Settings } from "./config.ts";

/** Formats an error for the operator: expected errors as message and setting at fault; others stay as they are. */
export function formatError(error: unknown): unknown {
  if (error instanceof SettingsError) return error.message;
  if (!(error instanceof Error && "code" in error)) return error;
  const setting = relatedSetting(error);
  return `${error.message || String(error.code)}${setting ? `\nSee the setting ${setting}.` : ""}`;
}

/** The setting behind an error of the operating system or of a database. */
function relatedSetting({ code, syscall }: { code?: unknown; syscall?: unknown }): keyof Settings | undefined {
  // Of several processes, the first one binds for the others.
  if (syscall === "listen" || syscall === "bind") return code === "EADDRINUSE" || code === "EACCES" ? "PORT" : "HOST";
  return syscall === "mkdir" || databaseErrors.has(String(code)) ? "DATABASE_URL" : undefined;
}

const databaseErrors = new Set(["ECONNREFUSED", "SQLITE_CANTOPEN", "SQLITE_NOTADB", "28P01", "3D000"]);
