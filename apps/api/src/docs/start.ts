import type { RequestHandler } from "express";

const start = {
  name: "Moja Reporting API",
  documentation: "/docs",
  getting_started: "/docs/getting-started.md",
  openapi: "/openapi.json",
  postman: "/postman.json",
  llms: "/llms.txt",
};

/** Leads from the address of the server to its documentation: browsers by a redirect, programs by its addresses. */
export const startPage: RequestHandler = (request, response) => {
  response.vary("Accept");
  if (request.accepts("json", "html") === "html") response.redirect(start.documentation);
  else response.json(start);
};
