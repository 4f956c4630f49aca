import { generateOpenApiDocument } from "trpc-to-openapi";
import { router } from "./procedures.ts";

export function openApiDocument() { return generateOpenApiDocument(router, { title: "Moja Reporting API", version: "1.0.0", baseUrl: "/" }); }
