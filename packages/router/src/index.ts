export { presentedKey, type Limits } from "./context.ts";
export { exportRoutes } from "./exports.ts";
export { breakingChanges } from "./openapi-breaking.ts";
export { openApiDocument } from "./openapi.ts";
export { promises } from "./promises.ts";
export { router } from "./router.ts";
export { addressTooLarge, errorShape, tooLarge } from "./refuse.ts";
export { restRoutes, trpcHandler, type RestRoute, type Service } from "./transports.ts";
