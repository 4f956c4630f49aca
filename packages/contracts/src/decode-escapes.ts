/** What a word is in base64 or base64url; the characters are its bytes. */
export function fromBase64(word: string): string {
  const letters = word.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  return atob(letters.length % 4 === 1 ? letters.slice(0, -1) : letters);
}

/** How often escapes may be escaped. */
const escapeLevels = 3;

/** Undoes the escapes of a word: percent-encoding, those of JSON and JavaScript, and those of XML, also in each other. */
export function decodeEscapes(word: string): string {
  let decoded = word;
  for (let level = 0; level < escapeLevels; level++)
    decoded = decoded
      .replace(/(?:%[\da-f]{2})+/gi, decodePercent)
      .replace(
        /(?:%|\\+)u([\da-f]{4})|\\+x([\da-f]{2})|\\+u\{([\da-f]{1,6})\}/gi,
        (_, ...codes: (string | undefined)[]) => fromCodePoint(parseInt(codes.slice(0, 3).find(Boolean) ?? "", 16)),
      )
      .replace(/&#(?:x([\da-f]{1,8})|(\d{1,8}));/gi, (_, hex: string | undefined, decimal: string) =>
        fromCodePoint(hex === undefined ? Number(decimal) : parseInt(hex, 16)),
      );
  return decoded;
}

/** Decodes what is percent-encoded in UTF-8; of what is not, each byte is a character, so that its ASCII is read. */
function decodePercent(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  }
}

/** The character of a code point; a space for what is none. */
function fromCodePoint(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : " ";
}
