import { isIP } from "node:net";
import { z } from "zod";

/** A whole number from and to, both included. */
const wholeNumber = (from: number, to: number) => {
  const error = `must be a whole number from ${from} to ${to}`;
  return z.coerce.number(error).int(error).min(from, error).max(to, error);
};
const logLevels = ["fatal", "error", "warn", "info", "debug", "silent"] as const;
const limit = wholeNumber(0, 1_000_000);
const proxyNames = new Set(["loopback", "linklocal", "uniquelocal"]);
const isTrustedProxies = (text: string) =>
  /^\d{1,2}$/.test(text) ||
  text.split(",").every((part) => proxyNames.has(part.trim()) || isIP(part.trim().split("/", 1)[0] ?? "") > 0);

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

/** Every setting, read once from the environment, then passed on as a value. `admin settings` prints it as a table. */
export const settingsSchema = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, "must be sqlite:<path> or postgres://user@host/database")
    .default("sqlite:./data/moja.sqlite")
    .meta({
      description:
        "Where the records are kept: `sqlite:<path>` or `postgres://…`. " +
        "`npm start` (the demo) takes `sqlite:./data/demo.sqlite`.",
    }),
  HOST: z.string().min(1).default("127.0.0.1").meta({ description: "The address to listen on; `0.0.0.0` for all." }),
  PORT: wholeNumber(0, 65_535).default(3000).meta({ description: "The port to listen on; 0 takes a free one." }),
  PUBLIC_URL: z
    .string()
    .refine(isOrigin, "must be an origin like https://reports.example")
    .or(z.literal(""))
    .default("")
    .meta({
      description:
        "The origin by which callers reach this server, like `https://reports.example`: printed in the samples of the " +
        "documentation. When empty, it is read off each request's `Host`.",
    }),
  TRUST_PROXY: z
    .string()
    .refine(isTrustedProxies, "must be the number of proxies in front, or their addresses")
    .default("0")
    .meta({
      description:
        "How many proxies stand in front (or their addresses, comma-separated): whose `X-Forwarded-For` is believed.",
    }),
  CORS_ORIGINS: z
    .string()
    .refine((text) => text.split(",").every(isOrigin), "must be origins like https://app.example, comma-separated")
    .or(z.literal(""))
    .default("")
    .meta({
      description:
        "The origins of browsers' apps that may ask the API, comma-separated, " +
        "like `https://app.example`; none when empty.",
    }),
  LOG_LEVEL: z
    .enum(logLevels, `must be one of ${logLevels.join(", ")}`)
    .default("info")
    .meta({
      description:
        "How much is logged: `fatal`, `error`, `warn`, `info`, `debug`, `silent`. Logs are JSON lines on stderr.",
    }),
  RATE_LIMIT_PER_ENDPOINT: limit
    .default(120)
    .meta({ description: "Requests a minute for one key at one endpoint; 0 = off." }),
  RATE_LIMIT_PER_IP: limit.default(100).meta({ description: "Requests a minute from one IP address; 0 = off." }),
  KEEP_ALIVE_TIMEOUT_MS: wholeNumber(1000, 3_600_000)
    .default(75_000)
    .meta({
      description:
        "How long an idle connection stays open. Longer than the idle timeout of the load balancer in front " +
        "(often 60 seconds), which would else send requests on connections that this server is closing.",
    }),
  SHUTDOWN_TIMEOUT_MS: wholeNumber(0, 600_000)
    .default(10_000)
    .meta({ description: "How long requests in flight may take to end when the server is stopped." }),
});

/** The settings as parsed. */
export type Settings = z.output<typeof settingsSchema>;

/** Thrown for invalid settings. Its message names each one and what it takes. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

/** Removes the user, the password and the query of a database URL, so that it may be printed. */
export function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/)?.*@/is, "$1").replace(/\?.*/s, "");
}

/** Reads the settings from the environment. Empty variables count as unset. */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = settingsSchema.safeParse(present);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(
    ({ path, message }) => `  ${path.join(".")}=${withoutPassword(String(present[String(path[0])]))}: ${message}`,
  );
  throw new SettingsError(`Settings that are not valid:\n${lines.join("\n")}`);
}
