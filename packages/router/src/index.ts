export { authorizeBeforeBody } from "./authorize.ts";
export { refuseCalls, type Limits } from "./context.ts";
export { exportRoutes } from "./exports/export-routes.ts";
export { operations } from "./operations.ts";
export { presentedKey } from "./presented-key.ts";
export { router } from "./router.ts";
export {
  addressTooLargeDetail,
  bodyTypeDetail,
  errorResponseMeta,
  ingestBodyLimit,
  queryBodyLimit,
  recordsForms,
  toErrorShape,
  type BodyLimit,
} from "./errors.ts";
export { restRoutes, type RestRoute } from "./rest/rest-adapter.ts";
export { trpcHandler } from "./trpc/trpc-adapter.ts";
export { type Service } from "./transport.ts";
