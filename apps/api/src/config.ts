import { isIP } from "node:net";
import type { ReadLimits } from "@moja/store";
import { z } from "zod";
import type { ListenOptions } from "./http-server.ts";

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

const postgresUrl = /^postgres(ql)?:\/\/.+$/;
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
  DATABASE_READ_URL: z
    .string()
    .regex(postgresUrl, "must be postgres://user@host/database")
    .or(z.literal(""))
    .default("")
    .meta({
      description:
        "A streaming replica of `DATABASE_URL`, like `postgres://user@replica/database`, that answers reads. None when empty.",
    }),
  REPLICA_LAG_MS_MAX: wholeNumber(1000, 3_600_000).default(5000).meta({
    description:
      "How far behind the replica may be to answer, and so how old an answer may be. Beyond it `DATABASE_URL` answers.",
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
  QUERY_TIMEOUT_MS: wholeNumber(0, 86_400_000).default(10_000).meta({
    description:
      "How long the reading for one request may take. Longer ones are ended, and answer 503 `too_slow`; 0 = no limit.",
  }),
  HEAVY_READS: wholeNumber(1, 1000)
    .default(4)
    .meta({
      description:
        "How many heavy reads run at once: summaries, totals, and filters without an index. On SQLite each has a process, " +
        "on PostgreSQL a connection.",
    }),
  HEAVY_READS_PER_ORGANIZATION: wholeNumber(1, 1000).default(2).meta({
    description: "How many heavy reads of one organization run at once. Organizations take turns.",
  }),
  HEAVY_QUEUE: wholeNumber(1, 100_000)
    .default(80)
    .meta({
      description:
        "How many heavy reads wait for their turn, for `QUERY_TIMEOUT_MS` at most; of one organization a quarter. " +
        "More answer 503 `overloaded` at once.",
    }),
  EXPORTS_PER_KEY: wholeNumber(0, 1000)
    .default(1)
    .meta({ description: "How many files one key exports at once. More answer 503 `overloaded`; 0 = no limit." }),
  POSTGRES_KEY_CONNECTIONS: wholeNumber(1, 1000)
    .default(2)
    .meta({ description: "PostgreSQL connections that look keys up, so that no report delays that." }),
  POSTGRES_PAGE_CONNECTIONS: wholeNumber(1, 1000)
    .default(8)
    .meta({ description: "PostgreSQL connections that read pages and details." }),
  POSTGRES_WRITE_CONNECTIONS: wholeNumber(1, 1000)
    .default(10)
    .meta({ description: "PostgreSQL connections that write pushed records." }),
  MAX_CONNECTIONS: limit
    .default(4000)
    .meta({ description: "Open connections in all. More are closed without an answer; 0 = no limit." }),
  MAX_CONNECTIONS_PER_ADDRESS: limit.default(1000).meta({
    description:
      "Open connections from one address, which is the proxy's where one stands in front. More are closed without an " +
      "answer; 0 = no limit.",
  }),
  RATE_LIMIT_PER_IP: limit.default(100).meta({ description: "Requests a minute from one IP address; 0 = off." }),
  RATE_LIMIT_STORE: z
    .enum(["memory", "postgres"], "must be memory or postgres")
    .default("memory")
    .meta({
      description:
        "Where requests are counted: `memory` for all processes of this machine, or `postgres` for all machines, in the " +
        "database of `DATABASE_URL`. `REDIS_URL` goes before it.",
    }),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/.+$/, "must be redis://host:port")
    .or(z.literal(""))
    .default("")
    .meta({ description: "The Redis in which requests are counted for all machines, like `redis://host:6379`." }),
  WEB_CONCURRENCY: wholeNumber(1, 256).default(1).meta({
    description: "How many processes answer requests on the one port: as many as there are cores, at most.",
  }),
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

/** Where requests are counted in PostgreSQL, it is that of the database. */
const isStoreThere = ({ RATE_LIMIT_STORE, DATABASE_URL }: Settings) =>
  RATE_LIMIT_STORE === "memory" || DATABASE_URL.startsWith("postgres");

/** A replica is one of PostgreSQL. */
const isReplicaOfPostgres = ({ DATABASE_READ_URL, DATABASE_URL }: Settings) =>
  DATABASE_READ_URL === "" || DATABASE_URL.startsWith("postgres");

/** The settings as parsed. */
export type Settings = z.output<typeof settingsSchema>;

/** How a server with these settings opens its database. */
export function readLimitsFrom(settings: Settings): ReadLimits {
  return {
    queryTimeoutMs: settings.QUERY_TIMEOUT_MS,
    heavyReads: settings.HEAVY_READS,
    heavyReadsPerOrganization: settings.HEAVY_READS_PER_ORGANIZATION,
    heavyQueue: settings.HEAVY_QUEUE,
    keyConnections: settings.POSTGRES_KEY_CONNECTIONS,
    pageConnections: settings.POSTGRES_PAGE_CONNECTIONS,
    writeConnections: settings.POSTGRES_WRITE_CONNECTIONS,
  };
}

/** Where and how a server with these settings listens. */
export function listenOptionsFrom(settings: Settings): ListenOptions {
  return {
    port: settings.PORT,
    host: settings.HOST,
    keepAliveMs: settings.KEEP_ALIVE_TIMEOUT_MS,
    connectionsMax: settings.MAX_CONNECTIONS,
    connectionsPerAddressMax: settings.MAX_CONNECTIONS_PER_ADDRESS,
  };
}

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
  const parsed = settingsSchema
    .refine(isStoreThere, { path: ["RATE_LIMIT_STORE"], error: "needs a DATABASE_URL of PostgreSQL" })
    .refine(isReplicaOfPostgres, { path: ["DATABASE_READ_URL"], error: "needs a DATABASE_URL of PostgreSQL" })
    .safeParse(present);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(
    ({ path, message }) => `  ${path.join(".")}=${withoutPassword(String(present[String(path[0])]))}: ${message}`,
  );
  throw new SettingsError(`Settings that are not valid:\n${lines.join("\n")}`);
}
