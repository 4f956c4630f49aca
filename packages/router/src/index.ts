export { presentedKey, type Limits } from "./context.ts";
export { exportRoutes } from "./exports/export-routes.ts";
export { openApiDocument } from "./openapi/document.ts";
export { promises } from "./operations.ts";
export { router } from "./router.ts";
export { addressTooLarge, errorShape, tooLarge } from "./errors.ts";
export { restRoutes, trpcHandler, type RestRoute, type Service } from "./rest/rest-adapter.ts";
