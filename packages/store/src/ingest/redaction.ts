import { decodeName, REDACTED, REDACTED_IN_URL, redactNamedValues } from "./named-values.ts";
import { secretNames } from "./secret-names.ts";
import { redactKnownFormats } from "./secret-values.ts";

const userInUrl = /(:\/\/)[^/?#]*@/;
const userInText = /(:\/\/)[^\s/?#"'<>\\:]*:[^\s/?#"'<>\\]*@/g;

/** Removes secrets from records before they are stored. */
export type Redaction = ReturnType<typeof redaction>;

/**
 * Creates a redaction of what is named like an auth key, `Authorization`, `Cookie`, `X-API-Key` and similar, or by a
 * name that the organization added, in any spelling; and of keys of known formats, whatever their name.
 */
export function redaction(added: readonly string[] = []) {
  const { pair: isSecret, member: isSecretMember } = secretNames(added);
  const inText = (text: string) => {
    const named = redactNamedValues(text, isSecretMember);
    const withoutUser = named.includes("@") ? named.replace(userInText, `$1${REDACTED_IN_URL}@`) : named;
    return redactKnownFormats(withoutUser, REDACTED);
  };
  const redactPair = (pair: string) => {
    const end = pair.indexOf("=");
    if (end <= 0) return redactKnownFormats(pair, REDACTED_IN_URL);
    const name = pair.slice(0, end);
    const value = decodeName(pair.slice(end + 1));
    const isClean = !isSecret(decodeName(name)) && redactKnownFormats(value, REDACTED) === value;
    return isClean ? pair : `${name}=${REDACTED_IN_URL}`;
  };
  const form = (text: string, separator: RegExp) => text.split(separator).map(redactPair).join("");
  const redactValue = <NameValue extends { name: string; value: string }>(nameValue: NameValue): NameValue => {
    const value = isSecret(nameValue.name) ? REDACTED : inText(nameValue.value);
    return value === nameValue.value ? nameValue : { ...nameValue, value };
  };

  return {
    /** Redacts the value of a tag by its name. */
    tag: (name: string, value: string): string => (isSecret(name) ? REDACTED : inText(value)),

    /** Redacts the values of headers or parameters by their names. */
    nameValues: <NameValue extends { name: string; value: string }>(nameValues: NameValue[]): NameValue[] =>
      nameValues.map(redactValue),

    /** Redacts a URL's user and password, and the secrets of its query and fragment. */
    url: (url: string): string => {
      const end = url.search(/[?#]|$/);
      const withoutUser = url.slice(0, end).replace(userInUrl, `$1${REDACTED_IN_URL}@`);
      return inText(withoutUser + url.charAt(end) + form(url.slice(end + 1), /([&#])/));
    },

    /** Redacts a body's form fields, or its JSON members and the URLs in it; every other byte stays as it is. */
    body: (text: string, contentType: string | null): string =>
      /x-www-form-urlencoded/i.test(contentType ?? "") || (contentType === null && /^[\w.%+[\]-]+=/.test(text))
        ? form(text, /(&)/)
        : inText(text),

    /** Redacts the JSON members, URLs and headers in a text for people. */
    text: inText,

    /** Redacts a JSON value. */
    value: <Value>(value: Value): Value => {
      const text = JSON.stringify(value);
      const redacted = inText(text);
      if (redacted === text) return value;
      const parsed: Value = JSON.parse(redacted);
      return parsed;
    },
  };
}

/** The redaction of an organization that adds no names. */
export const defaultRedaction = redaction();
