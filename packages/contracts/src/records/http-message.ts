import { z } from "zod";
import { HttpStatus, pii, PII_PLACEHOLDER, Url } from "../fields.ts";
import { maskNumbers } from "../number-runs.ts";
import { secretsIn } from "./secrets.ts";

/** The largest body that is kept, in bytes; a larger one is omitted whole, never cut. */
export const bodyBytesMax = 64 * 1024;

const contentType = z
  .string()
  .max(255)
  .nullable()
  .meta({ title: "Content type", description: "The body's content type as sent.", examples: ["application/json"] });

const encoding = z.enum(["utf8", "base64"]).meta({
  title: "Encoding",
  description: "How `text` holds the bytes: as they are, or in base64 when they are not valid UTF-8.",
  examples: ["utf8"],
});

/** Sizes up to this many bytes are the same to who may not see the body. */
const leastSizeTold = 1024;

/** A size that tells little of what a body holds: the next power of two, from 1 KiB; 0 for an empty body. */
function coarseSize(bytes: number): number {
  return bytes === 0 ? 0 : Math.max(leastSizeTold, 2 ** Math.ceil(Math.log2(bytes)));
}

/** A body as readers get it: whole, or omitted with its size, hash and the reason. */
export const RecordedBody = pii(
  z
    .strictObject({
      content_type: contentType,
      encoding,
      text: z.string().nullable().meta({ title: "Text", description: "The whole body, or null when it is omitted." }),
      size_bytes: z.int().min(0).meta({
        title: "Size (bytes)",
        description:
          "The body's size in bytes, also when it is omitted. Without `pii:read` the next power of two from 1,024.",
      }),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .meta({
          title: "SHA-256",
          description:
            "The hash of the body's bytes in hexadecimal: as they are kept, or as they were sent when `text` is " +
            "omitted as too large. Without `pii:read` a keyed hash: equal bodies of an organization have equal ones.",
        }),
      omitted_reason: z
        .enum(["too_large", "requires_pii_read"])
        .nullable()
        .meta({
          title: "Omitted because",
          description: "Why `text` is null: larger than 64 KiB, or the key lacks the scope `pii:read`.",
          examples: ["too_large"],
        }),
    })
    .meta({ id: "RecordedBody", title: "Body", description: "The body of an HTTP message." }),
  (body, { keyedHash }) => ({
    ...body,
    content_type: body.content_type && maskNumbers(body.content_type),
    text: null,
    size_bytes: coarseSize(body.size_bytes),
    sha256: keyedHash(body.sha256),
    omitted_reason: body.omitted_reason ?? ("requires_pii_read" as const),
  }),
);

/**
 * Whether a text is base64 by RFC 4648 in either alphabet, with or without padding: one that a decoder reads to other
 * bytes than were meant is not.
 */
function isBase64(text: string): boolean {
  const digits = text.replace(/={1,2}$/, "");
  const isPadded = digits.length === text.length || text.length % 4 === 0;
  const isOneAlphabet = !/[^A-Za-z0-9+/]/.test(digits) || !/[^A-Za-z0-9_-]/.test(digits);
  // The bits of the last digit that belong to no byte are zero.
  const lastDigits = [/$/, /^\b$/, /[AQgw]$/, /[AEIMQUYcgkosw048]$/][digits.length % 4];
  return isPadded && isOneAlphabet && Boolean(lastDigits?.test(digits));
}

/** A body as producers write it: text, or base64 of any bytes. */
export const RecordedBodyInput = secretsIn(
  "body",
  z
    .strictObject({
      content_type: contentType.default(null),
      encoding: encoding.default("utf8"),
      text: z
        .string()
        .max(16 * 1024 * 1024)
        .meta({
          title: "Text",
          description: "The whole body. Larger than 64 KiB it is not kept: only its size and hash are.",
          examples: ['{"success":true}'],
        }),
    })
    .refine((body) => body.encoding !== "base64" || isBase64(body.text), {
      path: ["text"],
      error: "must be base64 without line breaks or a prefix, since `encoding` is base64",
    })
    .meta({
      id: "BodyWritten",
      title: "Body, written",
      description: "The body of an HTTP message as producers write it.",
    }),
);

const nameValue = z
  .strictObject({
    name: z.string().max(1024).meta({ title: "Name", description: "The name, as it came." }),
    value: z.string().max(65_536).meta({ title: "Value", description: "Its value, or what stands in its place." }),
  })
  .meta({ id: "Pair", title: "Name and value", description: "A name with its value." });

/** Names with values, in their order, repeats kept. Secrets stand there as `[redacted]`. */
export const NameValueList = secretsIn(
  "name_values",
  pii(
    z.array(nameValue).max(1000).meta({
      title: "Names and values",
      description:
        "In the order they came, repeats kept; secrets are replaced by `[redacted]` before anything is stored.",
    }),
    (list) => list.map(({ name }) => ({ name: maskNumbers(name), value: PII_PLACEHOLDER })),
  ),
);

/** A URL whose query or fragment may name the caller, and whose path may hold a telephone number. */
const PiiUrl = pii(Url.clone(), (url) => {
  const end = url.search(/[?#]/);
  return end < 0 ? maskNumbers(url) : maskNumbers(url.slice(0, end)) + url.charAt(end) + PII_PLACEHOLDER;
});

const method = z
  .string()
  .regex(/^[A-Z]{1,16}$/, "must be an HTTP method in capitals")
  .meta({ title: "Method", description: "The HTTP method.", examples: ["POST"] });
const requestFields = {
  method,
  url: PiiUrl.meta({ title: "URL", description: "The address asked, without secrets." }),
  query: NameValueList.meta({ title: "Query", description: "The parameters in the URL." }),
  headers: NameValueList.meta({ title: "Headers", description: "The request's headers." }),
};
const responseFields = {
  status: HttpStatus.meta({ title: "Status", description: "The HTTP status code." }),
  headers: NameValueList.meta({ title: "Headers", description: "The response's headers." }),
};

const body = (message: string) =>
  RecordedBody.nullable().meta({ title: "Body", description: `The body of ${message}; null when there was none.` });

/** An HTTP request as readers get it. */
export const RecordedRequest = z.strictObject({ ...requestFields, body: body("the request") }).meta({
  id: "RecordedRequest",
  title: "HTTP request",
  description: "An HTTP request as it was sent; `body` is null when there was none.",
});

/** An HTTP response as readers get it. */
export const RecordedResponse = z.strictObject({ ...responseFields, body: body("the response") }).meta({
  id: "RecordedResponse",
  title: "HTTP response",
  description: "An HTTP response as it was sent; `body` is null when there was none.",
});

const bodyInput = (message: string) =>
  RecordedBodyInput.nullable()
    .default(null)
    .meta({ title: "Body", description: `The body of ${message}; null when there was none.` });

/** An HTTP request as producers write it. */
export const RecordedRequestInput = z
  .strictObject({
    ...requestFields,
    query: requestFields.query.default([]),
    headers: requestFields.headers.default([]),
    body: bodyInput("the request"),
  })
  .meta({
    id: "HttpRequestWritten",
    title: "HTTP request, written",
    description: "An HTTP request as producers write it. Secrets in it are removed before it is stored.",
  });

/** An HTTP response as producers write it. */
export const RecordedResponseInput = z
  .strictObject({
    status: responseFields.status,
    headers: responseFields.headers.default([]),
    body: bodyInput("the response"),
  })
  .meta({
    id: "HttpResponseWritten",
    title: "HTTP response, written",
    description: "An HTTP response as producers write it. Secrets in it are removed before it is stored.",
  });
