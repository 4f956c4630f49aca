import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { Router, type RequestHandler } from "express";
import helmet from "helmet";
import { getOnly } from "../middleware/error-handler.ts";
import { gettingStarted, referenceMarkdown } from "./markdown.ts";
import { exampleValue, operationsOf, type Document, type Parameter } from "./openapi-model.ts";
import { errorsPage, reasonsPage } from "./pages.ts";
import { serverOrigin } from "./server-origin.ts";

/** What the reference shows; anything that would call another host is off. */
const reference = {
  url: "/docs/assets/document.json",
  title: "Moja Reporting API",
  layout: "modern",
  theme: "default",
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  documentDownloadType: "none",
  orderSchemaPropertiesBy: "preserve",
  orderRequiredPropertiesFirst: false,
  customCss: [
    // Scalar's link and drawing; a placeholder that looks like a key; the outline of a section that a link led to.
    ".light-mode { --scalar-color-accent: #4338ca; --scalar-sidebar-color-active: #4338ca; --scalar-sidebar-item-active-background: #eef2ff } .dark-mode { --scalar-color-accent: #a5b4fc; --scalar-sidebar-color-active: #a5b4fc }",
    '.t-doc__sidebar::before { content: "Moja Reporting API"; padding: 16px 20px 4px; font-weight: 700; color: var(--scalar-sidebar-color-1) }',
    // The guide needs more room than the key's form beside it.
    ".introduction-section .section-column:first-child { flex: 1.25 } .introduction-description pre code { font-size: 13px !important }",
    '.darklight-reference a[href="https://www.scalar.com"] { display: none }',
    ".ascii-art-animate, .scalar-app .ascii-art { display: none }",
    'input[placeholder^="QUxM"]::placeholder { color: transparent }',
    'section[tabindex="-1"]:focus-visible { outline: none }',
    // On a narrow screen this button lies on the request's URL.
    "@media (max-width: 767px) { [role=dialog] .scalar-sidebar-toggle { display: none } }",
  ].join("\n"),
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  defaultOpenAllTags: true,
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
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%234338ca'/%3E%3Cpath d='M8 23V9l8 9 8-9v14' fill='none' stroke='white' stroke-width='3.5'/%3E%3C/svg%3E">
</head>
<body>
<noscript>The reference needs JavaScript. The same is at <a href="/docs/getting-started.md">getting-started.md</a>, <a href="/docs/reference.md">reference.md</a> and <a href="/openapi.json">openapi.json</a>.</noscript>
<div id="reference"></div>
<script src="/docs/assets/standalone.js?v=${version}"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
`;

const start = `Scalar.createApiReference("#reference", ${JSON.stringify(reference)});\n`;

const downloads =
  "[Postman collection](/postman.json) · [OpenAPI document](/openapi.json) · [Errors](/docs/errors) · [Reasons of bids](/docs/reasons) · Markdown: [guide](/docs/getting-started.md), [reference](/docs/reference.md)";

/**
 * The document as the page shows it: the guide follows its first words. Scalar sends every parameter that has an example, a
 * default or an enum, and such a request finds nothing: each optional one starts switched off, in words meant for Scalar alone.
 */
function withGuide(document: Document, url: string): Document {
  const [introduction, ...rules] = document.info.description.split("\n\n");
  const description = [introduction, downloads, gettingStarted(url), "# The rules", ...rules].join("\n\n");
  const paths = structuredClone(document.paths);
  for (const { path, method, parameters } of operationsOf(document))
    Object.assign(paths[path]?.[method] ?? {}, { parameters: parameters.map(disabledByDefault) });
  return { ...document, info: { ...document.info, description }, paths };
}

function disabledByDefault(parameter: Parameter): object {
  const value = exampleValue(parameter);
  if (parameter.in !== "query" || parameter.required || value === undefined) return parameter;
  return { ...parameter, example: undefined, examples: { default: { value, "x-disabled": true } } };
}

/** Nothing but this page's own files may run or be asked. Scalar writes style elements and attributes, which needs 'unsafe-inline' for styles alone. */
const contentSecurityPolicy = (scripts: string[]): RequestHandler =>
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: scripts,
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", "data:", "blob:"],
      fontSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  });

const gzipAsync = promisify(gzip);
let gzippedBundle: Promise<Buffer> | undefined;

/** The reference's script, 4.3 MB and so zipped once; the page asks for it by version, so a cache may keep it for a year. */
const bundle: RequestHandler = async (request, response) => {
  const acceptsGzip = request.acceptsEncodings("gzip") === "gzip";
  response.type("js").set({
    "Cache-Control": "public, max-age=31536000, immutable",
    ETag: `"${version}${acceptsGzip ? "-gzip" : ""}"`,
    Vary: "Accept-Encoding",
  });
  const script = () => readFileSync(fileURLToPath(new URL("browser/standalone.js", entry)));
  if (acceptsGzip) response.set("Content-Encoding", "gzip").send(await (gzippedBundle ??= gzipAsync(script())));
  else response.send(script());
};

const collection = JSON.parse(readFileSync(new URL("../../postman.json", import.meta.url), "utf8")) as {
  variable: { key: string; value: string }[];
};

/** The Postman collection, with the address of this server: a partner imports it, pastes a key and sends. */
export const postman: RequestHandler = (request, response) => {
  const variable = collection.variable.map((each) =>
    each.key === "baseUrl" ? { ...each, value: serverOrigin(request) } : each,
  );
  response.attachment("moja-reporting-api.postman_collection.json").json({ ...collection, variable });
};

/** The documentation: the interactive reference, the guide and the reference in Markdown, the page of errors and the page of reasons. Everything comes from this server. */
export function docsRouter(document: Document): Router {
  const router = Router();
  const withScripts = contentSecurityPolicy(["'self'"]);
  const withoutScripts = contentSecurityPolicy(["'none'"]);
  getOnly(router, "/docs", withScripts, (_request, response) => response.type("html").send(page));
  getOnly(router, "/docs/assets/start.js", (_request, response) => response.type("js").send(start));
  getOnly(router, "/docs/assets/standalone.js", bundle);
  getOnly(router, "/docs/assets/document.json", (request, response) =>
    response.json(withGuide(document, serverOrigin(request))),
  );
  getOnly(router, "/docs/getting-started.md", (request, response) =>
    response.type("md").send(gettingStarted(serverOrigin(request))),
  );
  getOnly(router, "/docs/reference.md", (_request, response) => response.type("md").send(referenceMarkdown(document)));
  getOnly(router, "/docs/errors", withoutScripts, (_request, response) => response.type("html").send(errorsPage()));
  getOnly(router, "/docs/reasons", withoutScripts, (_request, response) => response.type("html").send(reasonsPage()));
  return router;
}
