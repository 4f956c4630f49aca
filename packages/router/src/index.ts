export { presentedKey, type Limits } from "./context.ts";
export { openApiDocument } from "./openapi.ts";
export { promises, router } from "./procedures.ts";
export { errorShape } from "./refuse.ts";
export { restRoutes, trpcHandler, type RestRoute, type Service } from "./transports.ts";
