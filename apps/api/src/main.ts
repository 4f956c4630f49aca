import "./node-version.ts";
import "./compile-cache.ts";

// Without it Express and trpc-to-openapi take this process for a developer's: the latter generates a whole OpenAPI
// document at each start, only to throw it away.
process.env["NODE_ENV"] ??= "production";
await import("./serve.ts");
