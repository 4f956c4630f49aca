import { z } from "zod";

/** Gives a value to generated code, and returns the name that it has there. */
export type Constant = (value: unknown) => string;

/** Characters but those that JSON never escapes: quotes, backslashes, control characters and surrogates. */
const escaped = /[^\u0020\u0021\u0023-\u005b\u005d-\ud7ff\ue000-\uffff]/;

/** Thrown by generated code for the first value that its schema does not allow; zod then says what is wrong. */
export const mismatch = new Error("The value does not match its schema");

function refuse(): never {
  throw mismatch;
}

/** What generated code calls, by the names that it has there. */
export const runtime = {
  refuse,
  /** Quotes a text. Most have no character to escape, and `JSON.stringify` is several times slower. */
  quote: (text: string): string => (escaped.test(text) ? JSON.stringify(text) : `"${text}"`),
  /** Quotes a text without NUL, for which only texts need to be searched that have something to escape. */
  quoteWithoutNul: (text: string): string => {
    if (!escaped.test(text)) return `"${text}"`;
    return text.includes("\0") ? refuse() : JSON.stringify(text);
  },
};

/** The pattern of texts without NUL. */
const withoutNul = "^[^\\0]*$";

/**
 * The expression that writes a leaf `v` where its schema and each of its checks allow it; undefined for a schema or a
 * check that is not known here.
 */
export function leafExpression(schema: z.core.$ZodType, constant: Constant): string | undefined {
  if (schema instanceof z.core.$ZodEnum || schema instanceof z.core.$ZodLiteral) {
    const texts = new Map([...(schema._zod.values ?? [])].map((value) => [value, JSON.stringify(value)]));
    return `(${constant(texts)}.get(v) ?? refuse())`;
  }
  const check = checkLeaf(schema, constant);
  return check && `(${check} ? ${textOf(schema)} : refuse())`;
}

/** The expression that says whether a leaf `v` is allowed, but for NUL; undefined for what is not known here. */
function checkLeaf(schema: z.core.$ZodType, constant: Constant): string | undefined {
  const checks = checksOf(schema).map((check) => checkExpression(check, constant));
  const type = typeExpression(schema, constant);
  return type === undefined || checks.includes(undefined) ? undefined : [type, ...checks].join(" && ");
}

/** The checks of a schema; a format is one itself. */
function checksOf(schema: z.core.$ZodType): z.core.$ZodCheck[] {
  const own = schema instanceof z.core.$ZodStringFormat || schema instanceof z.core.$ZodNumberFormat ? [schema] : [];
  return [...own, ...(schema._zod.def.checks ?? [])];
}

function typeExpression(schema: z.core.$ZodType, constant: Constant): string | undefined {
  if (schema instanceof z.core.$ZodString) return `typeof v === "string"`;
  if (schema instanceof z.core.$ZodNumber) return "Number.isFinite(v)";
  if (schema instanceof z.core.$ZodBoolean) return `typeof v === "boolean"`;
  return schema instanceof z.core.$ZodCustom ? `${constant(schema._zod.def.fn)}(v)` : undefined;
}

/** The expression that writes a leaf `v` that its checks allow. */
function textOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.core.$ZodCustom) return "JSON.stringify(v)";
  if (!(schema instanceof z.core.$ZodString)) return `"" + v`;
  const patterns = checksOf(schema).flatMap(({ _zod: { def } }) => (isDef(def, "string_format") ? [def] : []));
  if (patterns.some(hasPlainTexts)) return `'"' + v + '"'`;
  return patterns.some(({ pattern }) => pattern?.source === withoutNul) ? "quoteWithoutNul(v)" : "quote(v)";
}

/** Whether all texts of a format are of characters that JSON does not escape. Says so of simple patterns only. */
function hasPlainTexts({ format, pattern }: z.core.$ZodCheckStringFormatDef): boolean {
  const outsideClasses = pattern?.source.replace(/\[(?!\^)[^\]\\"]*\]/g, "");
  return format === "datetime" || /^\^(?:\\[dw+*.-]|[^\\."[|])*\$$/.test(outsideClasses ?? "");
}

/** What a check of zod says of `v`, of whose type it is. */
function checkExpression({ _zod: { def } }: z.core.$ZodCheck, constant: Constant): string | undefined {
  if (isDef(def, "number_format")) return def.format === "safeint" ? "Number.isSafeInteger(v)" : undefined;
  if (isDef(def, "string_format")) return patternExpression(def, constant);
  // oxlint-disable-next-line typescript/unbound-method -- zod calls it without its definition, too
  if (isDef(def, "overwrite")) return `((v = ${constant(def.tx)}(v)), true)`;
  if (isDef(def, "custom")) return def.fn && `${constant(def.fn)}(v)`;
  return boundExpression(def);
}

function boundExpression(def: z.core.$ZodCheckDef): string | undefined {
  if (isDef(def, "max_length")) return `v.length <= ${def.maximum}`;
  if (isDef(def, "min_length")) return `v.length >= ${def.minimum}`;
  if (isDef(def, "less_than")) return `v ${def.inclusive ? "<=" : "<"} ${Number(def.value)}`;
  return isDef(def, "greater_than") ? `v ${def.inclusive ? ">=" : ">"} ${Number(def.value)}` : undefined;
}

function patternExpression({ pattern }: z.core.$ZodCheckStringFormatDef, constant: Constant): string | undefined {
  if (!pattern || pattern.flags !== "") return undefined;
  return pattern.source === withoutNul ? "true" : `${constant(pattern)}.test(v)`;
}

/** The definitions of the checks that are known here, by their names. */
type Definitions = {
  max_length: z.core.$ZodCheckMaxLengthDef;
  min_length: z.core.$ZodCheckMinLengthDef;
  less_than: z.core.$ZodCheckLessThanDef;
  greater_than: z.core.$ZodCheckGreaterThanDef;
  number_format: z.core.$ZodCheckNumberFormatDef;
  string_format: z.core.$ZodCheckStringFormatDef;
  overwrite: z.core.$ZodCheckOverwriteDef;
  custom: z.core.$ZodCustomDef;
};

function isDef<Name extends keyof Definitions>(def: z.core.$ZodCheckDef, name: Name): def is Definitions[Name] {
  return def.check === name;
}
