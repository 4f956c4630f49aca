import { readFileSync } from "node:fs";

const guide = readFileSync(new URL("../../../../docs/getting-started.md", import.meta.url), "utf8");

/** The demo's URL, with which the guide is written so that the file reads well by itself. */
const urlInGuide = "http://127.0.0.1:3000";

/** The getting-started guide in Markdown, with this server's URL in its samples and relative links. */
export const gettingStarted = (url: string): string =>
  guide.replaceAll(`](${urlInGuide}/`, "](/").replaceAll(urlInGuide, url);
