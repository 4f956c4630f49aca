import { Router, type RequestHandler } from "express";
import helmet from "helmet";
import { getOnly } from "../middleware/error-handler.ts";
import { documentForPage } from "./document-for-page.ts";
import { documentHandler, type ServedDocument } from "./document-handler.ts";
import { gettingStarted } from "./getting-started.ts";
import { llmsText } from "./llms-text.ts";
import { readDocument } from "./openapi-model.ts";
import { errorsPage, reasonsPage } from "./pages.ts";
import { postman, postmanFile } from "./postman.ts";
import { referenceMarkdown } from "./reference-markdown.ts";
import { bundle, referencePage, startScript } from "./reference-page.ts";
import { startPage } from "./start.ts";

/**
 * Routes of the documentation: the interactive reference, the guide and the reference in Markdown, the pages of errors
 * and reasons, and the documents for programs. Everything comes from this server, within the limit of an address.
 */
export function docsRouter(publicUrl: string, limit: RequestHandler): Router {
  const router = Router();
  const serve = (path: string, served: ServedDocument, ...before: RequestHandler[]) =>
    getOnly(router, path, limit, ...before, documentHandler(publicUrl, served));
  const withScripts = contentSecurityPolicy(["'self'"]);
  const withoutScripts = contentSecurityPolicy(["'none'"]);
  const saved: RequestHandler = (_request, response, next) => {
    response.attachment(postmanFile);
    next();
  };
  getOnly(router, "/", limit, startPage);
  serve("/openapi.json", { type: "json", make: () => JSON.stringify(readDocument()) });
  serve("/postman.json", { type: "json", make: postman }, saved);
  serve("/llms.txt", { type: "text", make: (url: string) => llmsText(readDocument(), url) });
  serve("/docs", { type: "html", make: () => referencePage }, withScripts);
  serve("/docs/assets/start.js", { type: "js", make: () => startScript });
  serve("/docs/assets/standalone.js", bundle);
  serve("/docs/assets/document.json", {
    type: "json",
    make: (url: string) => JSON.stringify(documentForPage(readDocument(), url)),
  });
  serve("/docs/getting-started.md", { type: "md", make: gettingStarted });
  serve("/docs/reference.md", { type: "md", make: () => referenceMarkdown(readDocument()) });
  serve("/docs/errors", { type: "html", make: errorsPage }, withoutScripts);
  serve("/docs/reasons", { type: "html", make: reasonsPage }, withoutScripts);
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
