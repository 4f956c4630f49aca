import { consistencyHeader } from "@moja/contracts";

const header = (description: string, example: unknown, type = "string") => ({ description, schema: { type }, example });

/** Response headers of the document's components. */
export const replyHeaders = {
  "X-Request-Id": header(
    "The request's id; quote it to support. A caller's own is kept when it has 8-128 characters of " +
      "`A-Z a-z 0-9 . _ -`.",
    "0b54b2a6-3c51-4d0e-8f0e-6a6a2f0f9d11",
  ),
  RateLimit: header("What is left (`r`) of each limit, and for how many seconds (`t`).", '"per-endpoint"; r=119; t=60'),
  "RateLimit-Policy": header(
    "The limits in force: how many requests (`q`) in how many seconds (`w`).",
    '"per-endpoint"; q=120; w=60',
  ),
  [consistencyHeader]: header(
    "Where replicas answer reads: a token of what was written. A read that sends it in the header of the same name " +
      "sees that. Of two tokens the greater text is the later one.",
    "0000000016B374D8.Zm9vYmFyYmF6cXV4cXV1eA",
  ),
  Link: header('The next page, as `<…>; rel="next"`; absent on the last page.', '</v1/call-logs?cursor=…>; rel="next"'),
  "Retry-After": header("Seconds to wait.", 60, "integer"),
  "WWW-Authenticate": header("How to authenticate.", "Bearer"),
};
