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
  "Arabic digits": (digits) => inArabic(digits),
  "Arabic digits, percent-encoded": (digits) => encodeURIComponent(inArabic(digits)),
  "Arabic digits, escaped for JSON": (digits) =>
    inArabic(digits).replace(/./gu, (digit) => `\\u0${digit.charCodeAt(0).toString(16)}`),
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
  "in base64": (digits) => inBase64(`+1${digits}`),
  "in base64 three times": (digits) => inBase64(inBase64(inBase64(`tel:+1${digits}`))),
  "percent-encoded in base64": (digits) => inBase64(encodeURIComponent(`+1 ${parts(digits).join(" ")}`)),
  "in words": (digits) => digits.replace(/\d/g, (digit) => `${words[Number(digit)]} `).trim(),
  "glued to an id": (digits) => `call_${digits}`,
  "with tags between": (digits) => parts(digits).join("</b><b>"),
  "with letters between": (digits) => parts(digits).join("x"),
  "as money": (digits) => `$${digits}.00`,
  "before a unit": (digits) => `${parts(digits).join(" ")} sec`,
  "escaped for JavaScript": (digits) => digits.replace(/\d/g, "\\x3$&"),
  "in braces of JavaScript": (digits) => digits.replace(/\d/g, "\\u{3$&}"),
};

const words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

const inArabic = (digits: string) => digits.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit)));

const inBase64 = (text: string) => Buffer.from(text).toString("base64");

const parts = (digits: string) => [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6)];

/** Bytes as text, with every spelling undone: what is left of a number stands as its bare digits. */
export function digitsBare(text: string): string {
  const unescaped = undone(text);
  return [unescaped, ...decodedBase64(unescaped)]
    .join("\n")
    .replace(/<\/?\w+>/g, "")
    .replace(/(?<=\d)x(?=\d)/g, "")
    .replace(/(?<=\d)[^\p{L}\p{N}",:;{}\n]{1,4}(?=\d)/gu, "");
}

/** What the words of a text are in base64, also three times. */
function decodedBase64(text: string, levels = 3): string[] {
  const found = (text.match(/[A-Za-z0-9+/_-]{10,}={0,2}/g) ?? []).map((word) =>
    undone(Buffer.from(word, "base64").toString("latin1")),
  );
  return levels === 1 ? found : [...found, ...found.flatMap((each) => decodedBase64(each, levels - 1))];
}

/** A text with its escapes and foreign digits undone; several times, because escapes may be escaped. */
function undone(text: string): string {
  let plain = text;
  for (let round = 0; round < 3; round++)
    plain = plain
      .replace(/\\+u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
      .replace(/\\+x([0-9a-f]{2})|\\+u\{([0-9a-f]{2})\}/gi, (_, ...codes: string[]) =>
        String.fromCharCode(parseInt(codes.slice(0, 2).find(Boolean) ?? "", 16)),
      )
      .replace(new RegExp(words.join("|"), "g"), (word) => String(words.indexOf(word)))
      .replace(/&nbsp;|&#160;/g, " ")
      .replace(/&#(\d{2});/g, (_, code: string) => String.fromCharCode(Number(code)))
      .replace(/%([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
      .replace(/%d9%(a[0-9])/gi, (_, code: string) => String.fromCharCode(0x5c0 + parseInt(code, 16)));
  return plain.normalize("NFKC").replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660));
}
