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

/** Finds what the text of a JSON request says and its parsed body does not. */
export function findInexact(body: unknown, text: string): InexactValue[] {
  // The request, its list of records, and a batch are three levels around a record.
  const { members, isTooDeep } = inspect(body, ingestMax.levels + 3);
  return isTooDeep || mayBeInexact(text, members) ? inexactValues(text) : [];
}

/**
 * Replaces the records of a request that are not what their text says, so that each is refused by itself. Returns the
 * issues outside of records.
 */
export function rejectInexactRecords(body: unknown, inexact: readonly InexactValue[]): Issue[] {
  const sent = typeof body === "object" && body !== null && "records" in body ? body.records : undefined;
  return inexact.flatMap((found): Issue[] => {
    const [name, index, ...path] = found.path;
    if (name !== "records" || typeof index !== "number" || !Array.isArray(sent)) return [toIssue(found)];
    const record: unknown = sent[index];
    const replaced = record instanceof InexactRecord ? record : new InexactRecord();
    replaced.issues.push(toIssue({ ...found, path }));
    sent[index] = replaced;
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
  const { members, prototypes, isTooDeep, isWellFormed } = inspect(value);
  if (isTooDeep) return invalid({ path: "", message: `must not nest deeper than ${ingestMax.levels} levels` });
  const inexact = text !== undefined && mayBeInexact(text, members) ? inexactValues(text) : [];
  if (inexact.length > 0) return invalid(...inexact.map(toIssue));
  const wellFormed = isWellFormed ? value : toWellFormed(value);
  // Halves of surrogate pairs that were replaced may have made two names one.
  if (!isWellFormed && inspect(wellFormed).members < members)
    return invalid({ path: "", message: "has two names that differ in halves of surrogate pairs only" });
  return validate(kind, wellFormed, prototypes);
}

/** Validates a record with a number of members `__proto__`, which its schema drops where it builds the object. */
function validate(kind: RecordKind, value: unknown, prototypes: number): ParsedRecord {
  const { success, data, error } = records[kind].schema.safeParse(value);
  if (!success) return invalid(...issuesOf(error, layouts[kind].columns, value));
  return prototypes > 0 && inspect(data).prototypes < prototypes
    ? invalid({ path: "", message: "has a member `__proto__` where none can be kept: give it another name" })
    : { valid: data };
}

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
