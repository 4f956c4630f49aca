import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
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
  documentDownloadType: "direct",
  orderSchemaPropertiesBy: "preserve",
  orderRequiredPropertiesFirst: false,
  customCss: [
    // Scalar's link and drawing; a placeholder that looks like a key; the outline of a section that a link led to.
    '.darklight-reference a[href="https://www.scalar.com"] { display: none }',
    ".ascii-art-animate, .scalar-app .ascii-art { display: none }",
    'input[placeholder^="QUxM"]::placeholder { color: transparent }',
    'section[tabindex="-1"]:focus-visible { outline: none }',
    // On a narrow screen this button lies on the request's URL.
    "@media (max-width: 767px) { [role=dialog] .scalar-sidebar-toggle { display: none } }",
  ].join("\n"),
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  defaultOpenAllTags: false,
  persistAuth: false,
  authentication: { preferredSecurityScheme: "ApiKey" },
};

const entry = new URL(import.meta.resolve("@scalar/api-reference"));
const { version } = JSON.parse(readFileSync(new URL("../package.json", entry), "utf8")) as { version: string };

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
<script src="/docs/assets/standalone.js?v=${version}"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
`;

// Scalar sends every parameter that has an example, a default or an enum, and such a request finds nothing:
// here each optional one starts switched off, as the document cannot say without words meant for Scalar alone.
const start = `
const reference = ${JSON.stringify(reference)};
reference.customFetch = async (input, init) => {
  const response = await fetch(input, init);
  if (!response.ok || new URL(response.url).pathname !== reference.url) return response;
  const document = await response.json();
  for (const path of Object.values(document.paths)) {
    for (const { parameters = [] } of Object.values(path)) {
      for (const parameter of parameters.filter((each) => each.in === "query" && !each.required)) {
        const { schema } = parameter;
        const value = parameter.example ?? schema.default ?? schema.enum?.[0] ?? schema.examples?.[0];
        if (value !== undefined) parameter.examples = { default: { value, "x-disabled": true } };
      }
    }
  }
  return Response.json(document);
};
Scalar.createApiReference("#reference", reference);
`;

/** Nothing but this page's own files may run or be asked. Scalar writes style elements and attributes, which needs 'unsafe-inline' for styles alone. */
const contentSecurityPolicy = (scripts: string[]): RequestHandler =>
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], scriptSrc: scripts, styleSrc: ["'self'", "'unsafe-inline'"], imgSrc: ["'self'", "data:", "blob:"], fontSrc: ["'self'", "data:"], connectSrc: ["'self'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
  });

const zipped = promisify(gzip);
let bundleZipped: Promise<Buffer> | undefined;

/** The reference's script, 4.3 MB and so zipped once; the page asks for it by version, so a cache may keep it for a year. */
const bundle: RequestHandler = async (request, response) => {
  const zip = request.acceptsEncodings("gzip") === "gzip";
  response.type("js").set({ "Cache-Control": "public, max-age=31536000, immutable", ETag: `"${version}${zip ? "-gzip" : ""}"`, Vary: "Accept-Encoding" });
  const script = () => readFileSync(fileURLToPath(new URL("browser/standalone.js", entry)));
  if (zip) response.set("Content-Encoding", "gzip").send(await (bundleZipped ??= zipped(script())));
  else response.send(script());
};

/** The documentation: the interactive reference, the page of errors and the page of reasons. Everything comes from this server. */
export function docs(): Router {
  const router = Router();
  const withScripts = contentSecurityPolicy(["'self'"]);
  const withoutScripts = contentSecurityPolicy(["'none'"]);
  router.get("/docs", withScripts, (_request, response) => response.type("html").send(page));
  router.get("/docs/assets/start.js", (_request, response) => response.type("js").send(start));
  router.get("/docs/assets/standalone.js", bundle);
  router.get("/docs/errors", withoutScripts, (_request, response) => response.type("html").send(errorsPage()));
  router.get("/docs/reasons", withoutScripts, (_request, response) => response.type("html").send(reasonsPage()));
  return router;
}
