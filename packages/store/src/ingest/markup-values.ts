type NameTest = (name: string) => boolean;

/** An element of XML with its text: `<wsse:Password Type="…">…</wsse:Password>`. */
const element = /(<([\w:.-]{1,200})(?:\s[^<>]{0,500})?>(?:<!\[CDATA\[)?)[^<>]+(?=(?:\]\]>)?<\/\2>)/g;

/** A part of `multipart/form-data`, whose headers an empty line ends. All is bounded, so that no text is slow. */
const part =
  /(form-data;[^\r\n]{0,300}\bname="([^"\r\n]{1,200})"[^\r\n]{0,300}(?:\r?\n[^\r\n]{1,300}){0,5}\r?\n\r?\n)(?:(?!\r?\n--)[\s\S])+/g;

/** Redacts the elements of XML and the parts of a multipart form that go by a secret name. */
export function redactMarkup(text: string, isSecret: NameTest, replacement: string): string {
  const redact = (whole: string, before: string, name: string) => (isSecret(name) ? before + replacement : whole);
  const withoutElements = text.includes("</") ? text.replace(element, redact) : text;
  return text.includes("form-data;") ? withoutElements.replace(part, redact) : withoutElements;
}
