import { errorCatalog, reasonClasses, reasonClassNames, reasons } from "@moja/contracts";

const style = [
  "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;" +
    "color:#1b1f24;background:#fff}",
  "h1{font-size:1.6rem}h2{font-size:1.1rem;margin:2rem 0 .25rem;scroll-margin-top:1rem}" +
    "code{font:.9em ui-monospace,monospace;background:#eef1f4;padding:.1em .3em;border-radius:4px}",
  "table{border-collapse:collapse;width:100%}" +
    "td,th{text-align:left;padding:.35rem .6rem .35rem 0;border-bottom:1px solid #d8dee4;vertical-align:top}" +
    "p{margin:.25rem 0}a{color:#0a58ca}",
  "@media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#121417}code{background:#23272e}" +
    "td,th{border-color:#30363d}a{color:#7ab0ff}}",
].join("\n");

/** The page of all errors, from the catalog in the contracts. */
export function errorsPage(): string {
  const entries = Object.entries(errorCatalog).map(
    ([code, { status, title, help }]) =>
      `<h2 id="${code}"><code>${code}</code> ${status}</h2>\n<p>${toHtml(title)}.</p>\n<p>${toHtml(help)}</p>`,
  );
  const introduction =
    "<p>Every refusal is <code>application/problem+json</code> (RFC 9457). Programs read <code>code</code>; " +
    "people read <code>detail</code> and <code>issues</code>; support asks for <code>request_id</code>.</p>";
  return page("Errors", [introduction, ...entries]);
}

/** The page of all reasons why a bid did not win, from the tables in the contracts. */
export function reasonsPage(): string {
  const classes = reasonClassNames.map((name) => {
    const { from, to, message } = reasonClasses[name];
    const rows = Object.entries(reasons)
      .filter(([code]) => Number(code) >= from && Number(code) <= to)
      .map(([code, reason]) => `<tr><td><code>${code}</code></td><td>${toHtml(reason)}</td></tr>`);
    return [
      `<h2 id="${name}"><code>${name}</code> ${from}-${to}</h2>`,
      `<p>${toHtml(message)}.</p>`,
      `<table>${rows.join("")}</table>`,
    ].join("\n");
  });
  const introduction =
    "<p>Each RTB request that did not end as hoped carries a <code>reason</code>: a code, its class and a sentence. " +
    "A code of a range that is not listed takes the sentence of its class.</p>";
  return page("Why a bid did not win", [introduction, ...classes]);
}

function page(title: string, parts: string[]): string {
  const head = [
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${title} · Moja Reporting API</title><link rel="icon" href="data:,"><style>${style}</style>`,
  ].join("");
  return [
    "<!doctype html>",
    `<html lang="en"><head>${head}</head>`,
    `<body><p><a href="/docs">Moja Reporting API</a></p><h1>${title}</h1>`,
    ...parts,
    "</body></html>",
    "",
  ].join("\n");
}

/** Text of the tables as HTML: escaped, with code in backticks. */
function toHtml(plain: string): string {
  return plain
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}
