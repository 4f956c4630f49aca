import { fileURLToPath } from "node:url";
import { Router, type RequestHandler } from "express";
import helmet from "helmet";
import { errorsPage, reasonsPage } from "./docs-pages.ts";

/** What the reference shows; anything that would call another host is off. */
const reference = {
  url: "/openapi.json",
  title: "Moja Reporting API",
  layout: "modern",
  theme: "default",
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  showToolbar: "never",
  documentDownloadType: "json",
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  defaultOpenAllTags: false,
  persistAuth: false,
  authentication: { preferredSecurityScheme: "ApiKey" },
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Moja Reporting API</title>
<link rel="icon" href="data:,">
</head>
<body>
<noscript>The reference needs JavaScript. The same document is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<div id="reference"></div>
<script src="/docs/assets/standalone.js"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
`;

const start = `Scalar.createApiReference("#reference", ${JSON.stringify(reference)});\n`;

/** Nothing but this page's own files may run or be asked. Scalar writes style elements and attributes, which needs 'unsafe-inline' for styles alone. */
const contentSecurityPolicy = (scripts: string[]): RequestHandler =>
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], scriptSrc: scripts, styleSrc: ["'self'", "'unsafe-inline'"], imgSrc: ["'self'", "data:", "blob:"], fontSrc: ["'self'", "data:"], connectSrc: ["'self'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
  });

/** The documentation: the interactive reference, the page of errors and the page of reasons. Everything comes from this server. */
export function docs(): Router {
  const router = Router();
  const bundle = fileURLToPath(new URL("browser/standalone.js", import.meta.resolve("@scalar/api-reference")));
  const withScripts = contentSecurityPolicy(["'self'"]);
  const withoutScripts = contentSecurityPolicy(["'none'"]);
  router.get("/docs", withScripts, (_request, response) => response.type("html").send(page));
  router.get("/docs/assets/start.js", (_request, response) => response.type("js").send(start));
  router.get("/docs/assets/standalone.js", (_request, response) => response.sendFile(bundle, { maxAge: "1d" }));
  router.get("/docs/errors", withoutScripts, (_request, response) => response.type("html").send(errorsPage()));
  router.get("/docs/reasons", withoutScripts, (_request, response) => response.type("html").send(reasonsPage()));
  return router;
}
