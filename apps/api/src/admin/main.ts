import "../node-version.ts";
import "../compile-cache.ts";

await import("./run.ts");
