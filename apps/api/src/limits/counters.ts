import { createClient } from "@redis/client";
import cluster from "node:cluster";
import { once } from "node:events";
import { openRequestCounts, type Database, type RequestCounts } from "@moja/store";
import type { Logger } from "pino";
import {
  RateLimiterCluster,
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterAbstract,
} from "rate-limiter-flexible";
import type { Settings } from "../config.ts";
import { oncePerSecond } from "./once-per-second.ts";

/** The window in which requests are counted, in ms. */
export const windowMs = 60_000;

/** Opens the counts of a limit by its name. */
export type OpenCounts = (identifier: string) => RequestCounts;

type CountersOptions = { database: Database; settings: Settings; logger: Logger };

/**
 * Where requests are counted: in Redis or in PostgreSQL for all machines, or in the memory of this process, which of
 * several is the first one's (`RateLimiterClusterMaster`).
 */
export function openCounters({ database, settings, logger }: CountersOptions): OpenCounts {
  if (settings.REDIS_URL !== "") return redisCounters(settings.REDIS_URL, logger);
  if (settings.RATE_LIMIT_STORE === "postgres") {
    const counts = openRequestCounts(database, settings.DATABASE_URL, windowMs);
    return (identifier) => ({ add: (key, by) => counts.add(`${identifier} ${key}`, by) });
  }
  const Limiter = cluster.isWorker ? RateLimiterCluster : RateLimiterMemory;
  return (identifier) => countsOf(new Limiter(limiterOptions(identifier)));
}

function redisCounters(url: string, logger: Logger): OpenCounts {
  const warn = oncePerSecond((error: unknown) =>
    logger.warn({ err: error }, "Redis is away: requests are not counted"),
  );
  // Without its queue a request is not held until Redis is back.
  const storeClient = createClient({ url, disableOfflineQueue: true, socket: { connectTimeout: 2000 } });
  storeClient.on("error", warn);
  // The first requests are counted, too. Where Redis is away, the client goes on trying.
  const first = Promise.race([storeClient.connect().catch(warn), once(storeClient, "error")]).catch(() => {});
  return (identifier) => {
    const options = { ...limiterOptions(`moja:${identifier}`), storeClient, useRedisPackage: true };
    const counts = countsOf(new RateLimiterRedis(options));
    return { add: (key, by) => first.then(() => counts.add(key, by)) };
  };
}

const limiterOptions = (keyPrefix: string) => ({ keyPrefix, points: 1, duration: windowMs / 1000 });

/** Counts by a limiter. It only counts: what is too much is decided by `rateLimit`, and is different for each limit. */
function countsOf(limiter: RateLimiterAbstract): RequestCounts {
  return {
    add: async (key, by) => {
      const { consumedPoints, msBeforeNext } = await limiter.penalty(key, by);
      return { count: consumedPoints, leftMs: msBeforeNext };
    },
  };
}
