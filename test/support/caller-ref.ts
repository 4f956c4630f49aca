import { createHmac } from "node:crypto";

/** The secret that the documented references of the example organization are made with. */
export const exampleSecret = "example";

/** The reference of a caller's number by a secret, computed as simply as can be. */
export function callerRefOf(number: unknown, secret = exampleSecret): string | null {
  if (typeof number !== "string") return null;
  const digits = number.replace("+", "");
  const hash = createHmac("sha256", secret).update(`caller:${digits}`).digest("hex");
  return `cr_${Buffer.from(hash.slice(0, 32), "hex").toString("base64url")}`;
}
