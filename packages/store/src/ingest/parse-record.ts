import {
  ingestMax,
  issuesOf,
  recordKinds,
  records,
  type Issue,
  type RecordKind,
  type ValidRecord,
} from "@moja/contracts";
import { inexactValues, mayBeInexact, type InexactValue } from "./exact-json.ts";
import { inspect, toWellFormed } from "./inspect.ts";
import { NdjsonLine } from "./ndjson-line.ts";
import { layouts } from "./row-layout.ts";

/** Why a record is refused: it breaks its contract, or its line is no JSON. */
export type Refusal = { code: "invalid_record" | "invalid_json"; issues: Issue[] };

type ParsedRecord = { valid: ValidRecord; refused?: undefined } | { valid?: undefined; refused: Refusal };

/** A record of a JSON request whose text says what its parsed value does not. */
class InexactRecord {
  readonly issues: Issue[] = [];
}

/**
 * Reads the parsed body of a JSON request by its text. A record whose value is not what its text says is replaced, so
 * that it is refused by itself. Returns the issues outside of records.
 */
export function rejectInexactRecords(body: unknown, text: string): Issue[] {
  // The request and its list of records are two levels around a record.
  const { members, isTooDeep } = inspect(body, ingestMax.levels + 2);
  if (!isTooDeep && !mayBeInexact(text, members)) return [];
  const sent = typeof body === "object" && body !== null && "records" in body ? body.records : undefined;
  return inexactValues(text).flatMap((found): Issue[] => {
    const [name, index, ...path] = found.path;
    if (name !== "records" || typeof index !== "number" || !Array.isArray(sent)) return [toIssue(found)];
    const record: unknown = sent[index];
    const inexact = record instanceof InexactRecord ? record : new InexactRecord();
    inexact.issues.push(toIssue({ ...found, path }));
    sent[index] = inexact;
    return [];
  });
}

/** Reads a record and validates it against the contract of its kind. */
export function parseRecord(input: unknown): ParsedRecord {
  if (input instanceof InexactRecord) return invalid(...input.issues);
  if (!(input instanceof NdjsonLine)) return parseValue(input);
  try {
    const { text, value } = input.read();
    return parseValue(value, text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { refused: { code: "invalid_json", issues: [{ path: "", message: error.message }] } };
  }
}

/** Validates a record, which has a text where it came as a line. */
function parseValue(value: unknown, text?: string): ParsedRecord {
  const kind = kindOfRecord(value);
  if (!kind) return invalid({ path: "kind", message: `must be one of ${recordKinds.join(", ")}` });
  const { members, isTooDeep, hasPrototype, isWellFormed } = inspect(value);
  if (isTooDeep) return invalid({ path: "", message: `must not nest deeper than ${ingestMax.levels} levels` });
  if (hasPrototype) return invalid({ path: "__proto__", message: prototypeMessage });
  const inexact = text !== undefined && mayBeInexact(text, members) ? inexactValues(text) : [];
  if (inexact.length > 0) return invalid(...inexact.map(toIssue));
  return isWellFormed ? validate(kind, value) : parseRepaired(kind, toWellFormed(value), members);
}

/** Validates a record whose halves of surrogate pairs were replaced, by which two names may have become one. */
function parseRepaired(kind: RecordKind, repaired: unknown, members: number): ParsedRecord {
  return inspect(repaired).members === members
    ? validate(kind, repaired)
    : invalid({ path: "", message: "has two names that differ in halves of surrogate pairs only" });
}

function validate(kind: RecordKind, value: unknown): ParsedRecord {
  const parsed = records[kind].schema.safeParse(value);
  return parsed.success ? { valid: parsed.data } : invalid(...issuesOf(parsed.error, layouts[kind].columns, value));
}

const prototypeMessage = "must not be a member's name, because programs take it for an object's prototype";

function toIssue({ path, message }: InexactValue): Issue {
  return { path: path.join("."), message };
}

function invalid(...issues: Issue[]): ParsedRecord {
  return { refused: { code: "invalid_record", issues } };
}

function kindOfRecord(record: unknown): RecordKind | undefined {
  if (typeof record !== "object" || record === null || !("kind" in record)) return undefined;
  return recordKinds.find((kind) => kind === record.kind);
}
