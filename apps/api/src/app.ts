import { authorizeBeforeBody, exportRoutes, operations, restRoutes, trpcHandler, type Service } from "@moja/router";
import { attachReplica, type Database } from "@moja/store";
import express, { type Express, type Request, type RequestHandler } from "express";
import type { Logger } from "pino";
import type { Settings } from "./config.ts";
import { docsRouter } from "./docs/routes.ts";
import { addHealthRoutes } from "./health.ts";
import { openCounters } from "./limits/counters.ts";
import { oncePerSecond } from "./limits/once-per-second.ts";
import { accessLog } from "./middleware/access-log.ts";
import { compress } from "./middleware/compress.ts";
import { corsForOrigins } from "./middleware/cors.ts";
import { allowMethods, errorHandler, notFoundHandler } from "./middleware/error-handler.ts";
import { forwardedFor } from "./middleware/forwarded-for.ts";
import { limitDocuments, limitPerEndpoint, limitPerIp, type Limits } from "./middleware/rate-limit.ts";
import { recordsBody, trpcBody } from "./middleware/records-body.ts";
import { requestId } from "./middleware/request-id.ts";
import { setSecurityHeaders } from "./middleware/security-headers.ts";
import { singleHost } from "./middleware/single-host.ts";

type AppOptions = { database: Database; settings: Settings; logger: Logger };

/** The whole HTTP surface: `/v1` for partners, `/trpc` for internal teams, the documentation, and the checks of health. */
export function createApp(options: AppOptions): Express {
  const { settings, logger } = options;
  readFromReplica(options);
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("trust proxy", /^\d+$/.test(settings.TRUST_PROXY) ? Number(settings.TRUST_PROXY) : settings.TRUST_PROXY);
  app.set("query parser", false);
  app.set("case sensitive routing", true);
  app.use(
    forwardedFor,
    requestId,
    accessLog(logger),
    setSecurityHeaders,
    corsForOrigins(settings.CORS_ORIGINS),
    compress,
    singleHost,
  );
  const limits: Limits = {
    openCounts: openCounters(options),
    onUncounted: oncePerSecond((error) => logger.warn({ err: error }, "requests are not counted")),
  };
  addSystemRoutes(app, options, limits);
  addApiRoutes(app, options, limits);
  app.use(notFoundHandler, errorHandler(logger));
  return app;
}

/** Has the replica answer reads, if one is set. Its state is told in the log when it changes. */
function readFromReplica({ database, settings, logger }: AppOptions): void {
  const { DATABASE_READ_URL: url, REPLICA_LAG_MS_MAX: lagMsMax } = settings;
  if (url === "") return;
  attachReplica(database, {
    url,
    lagMsMax,
    onChange: (replica) => logger[replica.state === "ready" ? "info" : "warn"]({ replica }, "the replica has changed"),
  });
}

/** Adds the routes that need no key: the checks of health and the documentation. */
function addSystemRoutes(app: Express, { database, settings, logger }: AppOptions, limits: Limits): void {
  addHealthRoutes(app, database, logger);
  app.use(docsRouter(settings.PUBLIC_URL, limitDocuments(settings.RATE_LIMIT_PER_IP, limits)));
}

/** Adds the operations: REST and exports below `/v1`, tRPC below `/trpc`, with their limits. */
function addApiRoutes(app: Express, { database, settings, logger }: AppOptions, limits: Limits): void {
  const { RATE_LIMIT_PER_ENDPOINT: perEndpoint, RATE_LIMIT_PER_IP: perIp } = settings;
  const service: Service = {
    database,
    exportsPerKey: settings.EXPORTS_PER_KEY,
    limits: { per_endpoint: perEndpoint || null, per_ip: perIp || null },
    onError: (error, request_id) => logger.error({ err: error, request_id }, "request failed"),
  };
  app.use(["/v1", "/trpc"], limitPerIp(perIp, limits));
  const limit = limitPerEndpoint(perEndpoint, endpointsOf, limits);
  const authorize: RequestHandler = async (request, _response, next) => {
    await authorizeBeforeBody(request, service, proceduresOf(request));
    next();
  };
  for (const { path, method, handle } of [...restRoutes(service), ...exportRoutes(service)]) {
    const route = app.route(routePattern(path));
    if (method === "GET") route.get(limit, handle).all(allowMethods("GET", "HEAD"));
    else route.post(authorize, ...recordsBody, handle).all(allowMethods("POST"));
  }
  const trpc = trpcHandler(service);
  app
    .route("/trpc/{*procedure}")
    .get(limit, trpc)
    .post(limit, authorize, ...trpcBody, trpc)
    .all(allowMethods("GET", "HEAD", "POST"));
}

/** A path of the contracts as Express writes it. */
function routePattern(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}

/** The endpoint of each procedure: its REST route, so that both transports count towards one limit. */
const endpoints = new Map(Object.entries(operations).map(([name, { path }]) => [name, routePattern(path)]));

/** The endpoint that a request asks; of a tRPC batch, that of each call. */
function endpointsOf(request: Request & { route: { path: string } }): string[] {
  const { path } = request.route;
  if (request.params["procedure"] === undefined) return [path];
  return proceduresOf(request).map((name) => endpoints.get(name) ?? path);
}

/** The procedures that a request with a body calls: over REST, the only one that takes a body. */
function proceduresOf({ params: { procedure } }: Request): string[] {
  return Array.isArray(procedure) ? procedure.join("/").split(",") : ["ingest.push"];
}
