/** A JSON value with everything that its text says: numbers as decimals, doubled members, texts well-formed. */
export type Exact = null | boolean | { number: string } | { text: string } | Exact[] | { members: [string, Exact][] };

/** Reads a valid JSON text without numbers of JavaScript, by another way than the product's. */
export function exactly(text: string): Exact {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]]|true|false|null|-?\d[\d.eE+-]*/g) ?? [];
  let at = 0;
  const value = (): Exact => {
    const token = tokens[at++] ?? "null";
    if (token === "{") return { members: members() };
    if (token === "[") return items();
    if (token.startsWith('"')) return { text: textOf(token) };
    if (/^[-\d]/.test(token)) return { number: decimal(token) };
    return token === "null" ? null : token === "true";
  };
  const members = () => {
    const all: [string, Exact][] = [];
    while (tokens[at] !== "}") all.push([textOf(tokens[at++] ?? ""), value()]);
    at++;
    return all.sort(([a], [b]) => Number(a > b) - Number(a < b));
  };
  const items = () => {
    const all: Exact[] = [];
    while (tokens[at] !== "]") all.push(value());
    at++;
    return all;
  };
  return value();
}

const textOf = (token: string) => (JSON.parse(token) as string).toWellFormed();

/** A number's sign, digits and exponent: `1.50`, `15e-1` and `1.5` are the same. */
function decimal(token: string): string {
  const [mantissa = "", exponent = "0"] = token.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return "0";
  const trimmed = String(digits).replace(/0+$/, "");
  const power = Number(exponent) - fraction.length + String(digits).length - trimmed.length;
  return `${token.startsWith("-") ? "-" : ""}${trimmed}e${power}`;
}

/** The value at a path: names, places of a list, or of a list of objects the one whose `type` is given. */
export function exactAt(
  value: Exact | undefined,
  path: readonly (string | number | { type: string })[],
): Exact | undefined {
  return path.reduce<Exact | undefined>((inner, step) => {
    if (Array.isArray(inner)) return typeof step === "object" ? inner.find(hasType(step.type)) : inner[Number(step)];
    return typeof inner === "object" && inner !== null && "members" in inner
      ? memberOf(inner, String(step))
      : undefined;
  }, value);
}

function memberOf({ members }: { members: [string, Exact][] }, name: string): Exact | undefined {
  return members.find(([each]) => each === name)?.[1];
}

const hasType = (type: string) => (each: Exact) => {
  const found = exactAt(each, ["type"]);
  return typeof found === "object" && found !== null && "text" in found && found.text === type;
};
