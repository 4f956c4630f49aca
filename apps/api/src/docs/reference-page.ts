import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ServedDocument } from "./document-handler.ts";

const sidebarCss =
  ".light-mode { --scalar-color-accent: #4338ca; --scalar-sidebar-color-active: #4338ca; " +
  "--scalar-sidebar-item-active-background: #eef2ff } " +
  ".dark-mode { --scalar-color-accent: #a5b4fc; --scalar-sidebar-color-active: #a5b4fc }";
const titleCss =
  '.t-doc__sidebar::before { content: "Moja Reporting API"; padding: 16px 20px 4px; font-weight: 700; ' +
  "color: var(--scalar-sidebar-color-1) }";
/** The guide needs more room than the form for the key beside it. */
const guideCss =
  ".introduction-section .section-column:first-child { flex: 1.25 } " +
  ".introduction-description pre code { font-size: 13px !important }";
/** Hides Scalar's link and drawing, a placeholder that looks like a key, and the outline of a section linked to. */
const hiddenCss = [
  '.darklight-reference a[href="https://www.scalar.com"] { display: none }',
  ".ascii-art-animate, .scalar-app .ascii-art { display: none }",
  'input[placeholder^="QUxM"]::placeholder { color: transparent }',
  'section[tabindex="-1"]:focus-visible { outline: none }',
];
/** On a narrow screen this button covers the request's URL. */
const narrowCss = "@media (max-width: 767px) { [role=dialog] .scalar-sidebar-toggle { display: none } }";

/** Settings of Scalar's reference; whatever would call another host is off. */
const settings = {
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
  customCss: [sidebarCss, titleCss, guideCss, ...hiddenCss, narrowCss].join("\n"),
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  defaultOpenAllTags: true,
  persistAuth: false,
  authentication: { preferredSecurityScheme: "ApiKey" },
};

const entry = new URL(import.meta.resolve("@scalar/api-reference"));
const { version }: { version: string } = JSON.parse(readFileSync(new URL("../package.json", entry), "utf8"));

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E" +
  "%3Crect width='32' height='32' rx='7' fill='%234338ca'/%3E" +
  "%3Cpath d='M8 23V9l8 9 8-9v14' fill='none' stroke='white' stroke-width='3.5'/%3E%3C/svg%3E";

const withoutScript =
  'The reference needs JavaScript. The same is at <a href="/docs/getting-started.md">getting-started.md</a>, ' +
  '<a href="/docs/reference.md">reference.md</a> and <a href="/openapi.json">openapi.json</a>.';

/** The page of the interactive reference. */
export const referencePage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Moja Reporting API</title>
<link rel="icon" href="${icon}">
</head>
<body>
<noscript>${withoutScript}</noscript>
<div id="reference"></div>
<script src="/docs/assets/standalone.js?v=${version}"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
`;

/** The script that starts the reference. The content security policy allows no inline script, so it is a file. */
export const startScript = `Scalar.createApiReference("#reference", ${JSON.stringify(settings)});\n`;

/** Scalar's script: 4.3 MB, so it is read when it is first asked for. The page names its version: caches keep it. */
export const bundle: ServedDocument = {
  type: "js",
  make: () => readFileSync(fileURLToPath(new URL("browser/standalone.js", entry))),
  cacheControl: "public, max-age=31536000, immutable",
};
