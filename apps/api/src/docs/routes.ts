import { Router, type RequestHandler } from "express";
import helmet from "helmet";
import { getOnly } from "../middleware/error-handler.ts";
import { documentForPage } from "./document-for-page.ts";
import { gettingStarted } from "./getting-started.ts";
import type { Document } from "./openapi-model.ts";
import { errorsPage, reasonsPage } from "./pages.ts";
import { referenceMarkdown } from "./reference-markdown.ts";
import { bundle, referencePage, startScript } from "./reference-page.ts";
import { serverOrigin } from "./server-origin.ts";

/**
 * Routes of the documentation: the interactive reference, the guide and the reference in Markdown, and the pages of
 * errors and reasons. Everything comes from this server.
 */
export function docsRouter(document: Document): Router {
  const router = Router();
  const withScripts = contentSecurityPolicy(["'self'"]);
  const withoutScripts = contentSecurityPolicy(["'none'"]);
  getOnly(router, "/docs", withScripts, (_request, response) => response.type("html").send(referencePage));
  getOnly(router, "/docs/assets/start.js", (_request, response) => response.type("js").send(startScript));
  getOnly(router, "/docs/assets/standalone.js", bundle);
  getOnly(router, "/docs/assets/document.json", (request, response) =>
    response.json(documentForPage(document, serverOrigin(request))),
  );
  getOnly(router, "/docs/getting-started.md", (request, response) =>
    response.type("md").send(gettingStarted(serverOrigin(request))),
  );
  getOnly(router, "/docs/reference.md", (_request, response) => response.type("md").send(referenceMarkdown(document)));
  getOnly(router, "/docs/errors", withoutScripts, (_request, response) => response.type("html").send(errorsPage()));
  getOnly(router, "/docs/reasons", withoutScripts, (_request, response) => response.type("html").send(reasonsPage()));
  return router;
}

/**
 * Allows nothing but this page's own files to run or be fetched. Scalar writes style elements and attributes, which
 * need 'unsafe-inline' for styles only.
 */
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
