/** How people and systems write a telephone number of North America, by the spelling's name. */
export const spellings: Record<string, (digits: string) => string> = {
  "E.164": (digits) => `+1${digits}`,
  "with its country": (digits) => `1${digits}`,
  national: (digits) => digits,
  dashes: (digits) => parts(digits).join("-"),
  brackets: (digits) => `(${digits.slice(0, 3)}) ${digits.slice(3, 6)}-${digits.slice(6)}`,
  dots: (digits) => parts(digits).join("."),
  spaces: (digits) => `+1 ${parts(digits).join(" ")}`,
  slashes: (digits) => parts(digits).join("/"),
  underscores: (digits) => parts(digits).join("_"),
  "no-break spaces": (digits) => `+1\u00A0${parts(digits).join("\u00A0")}`,
  "narrow spaces": (digits) => parts(digits).join("\u202F"),
  "zero-width spaces": (digits) => parts(digits).join("\u200B"),
  "long dashes": (digits) => parts(digits).join("\u2013"),
  "one digit apart": (digits) => [...digits].join(" "),
  "full-width digits": (digits) => digits.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
  "Arabic digits": (digits) => digits.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit))),
  "percent-encoded": (digits) => `%2B1${parts(digits).join("%20")}`,
  "percent-encoded twice": (digits) => `%252B1${parts(digits).join("%2520")}`,
  "percent-encoded digits": (digits) => digits.replace(/\d/g, "%3$&"),
  "escaped for JSON": (digits) => `\\u002b1${digits}`,
  "escaped for XML": (digits) => `&#43;1${parts(digits).join("&nbsp;")}`,
  "as a link": (digits) => `tel:+1${digits}`,
  "as an address": (digits) => `sip:1${digits}@voice.example`,
  "with an exit code": (digits) => `0111${digits}`,
  "with zeros": (digits) => `001${digits}`,
  "glued to letters": (digits) => `x${digits}y`,
  "at the end of more digits": (digits) => `20260504120000${digits}`,
  "in base64": (digits) => Buffer.from(`+1${digits}`).toString("base64"),
};

const parts = (digits: string) => [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6)];

/** Bytes as text, with every spelling undone: what is left of a number stands as its bare digits. */
export function digitsBare(text: string): string {
  const unescaped = undone(text);
  const words = unescaped.match(/[A-Za-z0-9+/_-]{10,}={0,2}/g) ?? [];
  const decoded = words.map((word) => Buffer.from(word, "base64").toString("latin1"));
  return [unescaped, ...decoded].join("\n").replace(/(?<=\d)[^\p{L}\p{N}",:;{}\n]{1,4}(?=\d)/gu, "");
}

/** A text with its escapes and foreign digits undone; several times, because escapes may be escaped. */
function undone(text: string): string {
  let plain = text;
  for (let round = 0; round < 3; round++)
    plain = plain
      .replace(/\\+u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
      .replace(/&nbsp;|&#160;/g, " ")
      .replace(/&#(\d{2});/g, (_, code: string) => String.fromCharCode(Number(code)))
      .replace(/%([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  return plain.normalize("NFKC").replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660));
}
