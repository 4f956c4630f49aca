import { inWords } from "@moja/contracts";

/**
 * The table of secret names, in words of small letters: `X-API-Key`, `apiKey` and `x.api.key` are all `x_api_key`. A
 * name is secret by its end, before what may follow in `qualifiers`.
 */
const table = {
  /** Also within a longer word: `authtoken`. */
  ends:
    "authorization|token|(?:access|refresh|auth|api|bearer|device|session|csrf|id)_?tokens|secret|(?:client|api|app|shared|webhook)_?secrets|passwords?|passwd|" +
    "passwort|passphrase|pass_?code|cookies?|api_?keys?|connection_?string|client_?assertion|" +
    "shared_?access_?signature|x_amz_signature|(?:recovery|backup)_?codes?|(?:j|php|asp(?:net)?_?)sess(?:ion_?)?id",
  /** As words of their own: `author` and `compass` are none. */
  words:
    "auth|pwd|jwt|jws|bearer|t?otp(?:_?code)?|cred(?:ential)?s?|hmac|connect_sid|sid_token|(?:user|db|smtp|ftp|root|admin|mail)_?pass",
  /** As the whole name: `boarding_pass` and `session_id` are none. */
  alone: "pass|sessionid",
  /** Before `key`, joined or not: `monkey`, `primary_key` and `idempotency_key` are none. */
  keys:
    "auth|api|access|account|admin|aes|app|application|client|consumer|crypto|decryption|deploy|encryption|fastly|" +
    "functions?|gpg|host|integration|licen[cs]e|master|pgp|priv|private|rsa|secret|server|service|session|shared|signature|" +
    "signing|ssh|storage|subscription|symmetric|user|webhook|write",
  /** In lists of names with values, where a signature is a key; in a body it is none. */
  inPairs: "signature|sig|authentication",
  /** What may follow: `password_hash`, `api_key_2`. */
  qualifiers:
    "value|hash|digest|confirmation|base|pem|string|header|plain|hex|b64|base64|sha\\d+|primary|secondary|current|previous|old|" +
    "new|prod|production|live|test|staging|dev|sandbox|v?\\d+",
};

/** How many names a test remembers the answer for. */
const cachedNamesMax = 1000;

function pattern(words: string): RegExp {
  const { alone, ends, keys, qualifiers } = table;
  return new RegExp(`(?:${ends}|(?:${keys})_?key|(?:^|_)(?:${words})|^(?:${alone}))\\d*(?:_(?:${qualifiers}))*$`);
}

/**
 * Creates the test of names: of headers, parameters, form fields and tags (`pair`), and of members of JSON. `added` are
 * the names of an organization, in any spelling: `session_id` is `Session-Id`, and the end of `x.sessionId`.
 */
export function secretNames(added: readonly string[]): Record<"pair" | "member", (name: string) => boolean> {
  const whole = new Set(added.map((name) => inWords(name).replaceAll("_", "")));
  const isAdded = (words: string[]) =>
    whole.size > 0 && words.some((_, index) => whole.has(words.slice(index).join("")));
  const test = (known: RegExp) =>
    cached((name) => {
      const words = inWords(name);
      return known.test(words) || isAdded(words.split("_"));
    });
  return { pair: test(pattern(`${table.words}|${table.inPairs}`)), member: test(pattern(table.words)) };
}

/** Tests each name once: the same names occur in every record. */
function cached(test: (name: string) => boolean): (name: string) => boolean {
  const results = new Map<string, boolean>();
  return (name) => {
    const known = results.get(name);
    if (known !== undefined) return known;
    const result = test(name);
    if (results.size >= cachedNamesMax) results.clear();
    results.set(name, result);
    return result;
  };
}
