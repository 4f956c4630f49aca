/** What stands in the place of a secret. */
const redacted = "[redacted]";

const secretWord = "(?:auth|authorization|auth[-_]?key|token|secret|password|passwd|pwd|api[-_]?key|access[-_]?key|cookie)";

/** What takes secrets out of what is stored: of names with values, of URLs, of text bodies, and of JSON values. */
export type Redaction = ReturnType<typeof redaction>;

/** A name that an organization may add to the secret ones. */
export const addedName = /^[A-Za-z0-9._-]{1,64}$/;

/** Takes out the auth key, `Authorization`, `Cookie`, `X-API-Key` and the like, and what goes by a name that the organization added; capitals do not matter. */
export function redaction(added: readonly string[] = []) {
  const wholeNames = added.map((name) => `|${name.replaceAll(".", "\\.")}`).join("");
  const secretName = new RegExp(`^(?:(?:.*[-_.])?(?:${secretWord}|signature|credentials?)${wholeNames})$`, "is");
  // Inside a body a signature is no key, nor are the credentials that a URL names; and a value of asterisks is masked already.
  const jsonSecret = new RegExp(`("(?:(?:[A-Za-z0-9_.-]*[-_.])?(?:${secretWord}|credentials?)${wholeNames})"\\s*:\\s*)(?!"\\*+")(?:"(?:[^"\\\\]|\\\\.)*"|-?\\d[\\d.eE+-]*)`, "gis");
  const urlSecret = new RegExp(`([?&](?:(?:[A-Za-z0-9_.-]*[-_.])?${secretWord}${wholeNames})=)[^&#"'\\s<>\\\\]+`, "gi");

  const form = (text: string, replacement: string) =>
    text.split("&").map((pair) => {
      const [name = ""] = pair.split("=", 1);
      return pair.includes("=") && secretName.test(decoded(name)) ? `${name}=${replacement}` : pair;
    }).join("&");
  const json = (text: string) => text.replace(jsonSecret, `$1"${redacted}"`).replace(urlSecret, `$1${encodeURIComponent(redacted)}`);

  return {
    pairs: <Pair extends { name: string; value: string }>(pairs: Pair[]): Pair[] => pairs.map((pair) => (secretName.test(pair.name) ? { ...pair, value: redacted } : pair)),

    /** A URL without the secrets of its query, and without its user and password. */
    url: (url: string): string => {
      const withoutUser = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, `$1${encodeURIComponent(redacted)}@`);
      const [address = "", query] = withoutUser.split(/\?(.*)/s);
      return query === undefined ? address : `${address}?${form(query, encodeURIComponent(redacted))}`;
    },

    /** A text without the secrets of its form fields, or of its JSON members and the URLs in it; any other byte stays as it is. */
    text: (text: string, contentType: string | null): string => (contentType?.includes("x-www-form-urlencoded") ? form(text, encodeURIComponent(redacted)) : json(text)),

    value: <Value>(value: Value): Value => JSON.parse(json(JSON.stringify(value))) as Value,
  };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name;
  }
}
