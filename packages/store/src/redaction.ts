/** What stands in the place of a secret. */
const redacted = "[redacted]";

const secretWord = "(?:auth|authorization|auth[-_]?key|token|secret|password|passwd|pwd|api[-_]?key|access[-_]?key|signature|cookie|credentials?)";
const secretName = new RegExp(`(?:^|[-_.])${secretWord}$`, "i");
const jsonSecret = new RegExp(`("(?:[A-Za-z0-9_.-]*[-_.])?${secretWord}"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, "gi");

/** Whether a header or parameter of this name holds a secret: the auth key, `Authorization`, `Cookie`, `X-API-Key` and the like. */
function isSecret(name: string): boolean {
  return secretName.test(name);
}

/** Names with values, the secrets' values replaced. */
export function redactPairs<Pair extends { name: string; value: string }>(pairs: Pair[]): Pair[] {
  return pairs.map((pair) => (isSecret(pair.name) ? { ...pair, value: redacted } : pair));
}

/** A URL without the secrets of its query and without its user and password. */
export function redactUrl(url: string): string {
  const withoutUser = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, `$1${encodeURIComponent(redacted)}@`);
  const [address = "", query] = withoutUser.split(/\?(.*)/s);
  return query === undefined ? address : `${address}?${redactForm(query, encodeURIComponent(redacted))}`;
}

/** A text body without the secrets of its JSON members or form fields; any other byte stays as it is. */
export function redactText(text: string, contentType: string | null): string {
  if (contentType?.includes("x-www-form-urlencoded")) return redactForm(text, encodeURIComponent(redacted));
  return text.replace(jsonSecret, `$1"${redacted}"`);
}

function redactForm(form: string, replacement: string): string {
  return form.split("&").map((pair) => {
    const [name = ""] = pair.split("=", 1);
    return pair.includes("=") && isSecret(decoded(name)) ? `${name}=${replacement}` : pair;
  }).join("&");
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name;
  }
}
