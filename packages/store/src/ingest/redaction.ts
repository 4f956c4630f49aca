import { decodeName, REDACTED, REDACTED_IN_URL, redactNamedValues } from "./named-values.ts";
import { redactMarkup } from "./markup-values.ts";
import { secretNames } from "./secret-names.ts";
import { redactKnownFormats } from "./secret-values.ts";

const userInUrl = /(:\/\/)[^/?#]*@/;
/** The user of a repository, `ssh://git@…`, is no secret. */
const userInText = /(:\/\/)(?!git@)[^\s/?#"'<>\\]+@/g;

/** A value that is no secret whatever its name: `has_password=true`. */
const isHarmless = (value: string) => /^(?:true|false|null|)$/i.test(value);

/** Whether a body is a form. JSON that `curl -d` sends goes by the type of a form, and is none. */
function isForm(text: string, contentType: string | null): boolean {
  if (contentType === null) return /^[\w.%+[\]-]+=/.test(text);
  return /x-www-form-urlencoded/i.test(contentType) && !/^\s*[{[]/.test(text);
}

/** Removes secrets from records before they are stored. */
export type Redaction = ReturnType<typeof redaction>;

/**
 * Creates a redaction of what is named like an auth key, `Authorization`, `Cookie`, `X-API-Key` and similar, or by a
 * name that the organization added, in any spelling; and of keys of known formats, whatever their name.
 */
export function redaction(added: readonly string[] = []) {
  const { pair: isSecret, member: isSecretMember } = secretNames(added);
  const inText = (text: string) => {
    const named = redactMarkup(redactNamedValues(text, isSecretMember), isSecretMember, REDACTED);
    const withoutUser = named.includes("@") ? named.replace(userInText, `$1${REDACTED_IN_URL}@`) : named;
    return redactKnownFormats(withoutUser, REDACTED);
  };
  const redactPair = (pair: string) => {
    const end = pair.indexOf("=");
    if (end <= 0) return redactKnownFormats(pair, REDACTED_IN_URL);
    const name = pair.slice(0, end);
    const value = decodeName(pair.slice(end + 1));
    if (isSecret(decodeName(name)) && !isHarmless(value)) return `${name}=${REDACTED_IN_URL}`;
    const redacted = inText(value);
    return redacted === value ? pair : `${name}=${encodeURIComponent(redacted)}`;
  };
  const form = (text: string, separator: RegExp) => text.split(separator).map(redactPair).join("");
  const redactTag = (name: string, value: string) => (isSecret(name) && !isHarmless(value) ? REDACTED : inText(value));
  const redactValue = <NameValue extends { name: string; value: string }>(nameValue: NameValue): NameValue => {
    const value = redactTag(nameValue.name, nameValue.value);
    return value === nameValue.value ? nameValue : { ...nameValue, value };
  };

  return {
    /** Redacts the value of a tag by its name. */
    tag: redactTag,

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
      isForm(text, contentType) ? form(text, /(&)/) : inText(text),

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
