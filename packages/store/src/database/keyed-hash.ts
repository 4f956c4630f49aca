import { createHmac, randomBytes } from "node:crypto";

/** How much of a hash a caller's reference holds: 128 bits, so that no two numbers of an organization share one. */
const callerRefBytes = 16;

/**
 * Hashes by an organization's secret. Without it nobody can try all telephone numbers until one has the same hash, as
 * they can with a plain hash; and two organizations cannot find out that they share a caller.
 */
export class KeyedHash {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** The reference of a caller's number, the same in every spelling; null where no whole number is known. */
  readonly callerRef = (number: string | number | null): string | null => {
    if (typeof number !== "string" || number.includes("*")) return null;
    const hash = this.#hmac("caller", number.replace(/\D/g, "")).subarray(0, callerRefBytes);
    return `cr_${hash.toString("base64url")}`;
  };

  /** The hash of a text, in hexadecimal. */
  readonly keyedHash = (text: string): string => this.#hmac("text", text).toString("hex");

  /** The signature of a text that is given away, to know it again: nobody else can make one. */
  readonly signature = (text: string): string => this.#hmac("signed", text).subarray(0, 16).toString("base64url");

  /** What is hashed says what it is, so that hashes of one kind tell nothing of another. */
  #hmac(kind: string, text: string): Buffer {
    return createHmac("sha256", this.#secret).update(`${kind}:${text}`).digest();
  }
}

/** Returns a new secret for an organization. */
export function createHashSecret(): string {
  return randomBytes(32).toString("base64url");
}
