import { ApiError } from "@moja/contracts";
import { replicaStatus, watchHealth, type Database, type Health } from "@moja/store";
import type { IRouter, RequestHandler } from "express";
import type { Logger } from "pino";
import { getOnly } from "./middleware/error-handler.ts";

/**
 * Adds the checks of health: `/livez` of the process, `/readyz` of its database, too, which `/healthz` is another name
 * of. They need no key: why a database is not ready is said in the log only, once each time it changes.
 */
export function addHealthRoutes(router: IRouter, database: Database, logger: Logger): void {
  const lookAtHealth = watchHealth(database);
  let logged = "ready";
  const ready: RequestHandler = async (_request, response) => {
    const health = await lookAtHealth();
    const told = inWords(health);
    if (told !== logged) logger[told === "ready" ? "info" : "warn"]({ database: told }, "health has changed");
    logged = told;
    if (!health.isReady) throw new ApiError("unavailable", "The database does not answer.");
    const { state, lag_ms = null } = replicaStatus(database) ?? {};
    response.set("Cache-Control", "no-store").json({
      status: "ok",
      writable: health.isWritable,
      ...(state && { replica: { state, lag_ms } }),
    });
  };
  getOnly(router, "/livez", (_request, response) => response.set("Cache-Control", "no-store").json({ status: "ok" }));
  getOnly(router, "/readyz", ready);
  getOnly(router, "/healthz", ready);
}

function inWords(health: Health): string {
  if (!health.isReady) return health.reason;
  return health.isWritable ? "ready" : "ready for reading only: it is read-only, or its disk is full";
}
