import { z } from "zod";
import { recordDefinitions } from "../contracts.ts";

type Definition = (typeof recordDefinitions)[keyof typeof recordDefinitions];

const definitions = Object.values(recordDefinitions);

/** The kind of a record. */
export type RecordKind = Definition["kind"];

/** Every kind of record that producers write, by its name. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `fromEntries` forgets which name has which definition
export const records = Object.fromEntries(definitions.map((definition) => [definition.kind, definition])) as {
  [Each in Definition as Each["kind"]]: Each;
};

/** The names of the kinds. */
export const recordKinds = definitions.map(({ kind }) => kind);

type Schema = Definition["schema"];

/** A record as producers write it. */
export const RecordInput = z
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `map` forgets that a tuple is not empty
  .discriminatedUnion("kind", definitions.map(({ schema }) => schema) as [Schema, ...Schema[]])
  .meta({
    id: "RecordWritten",
    title: "Record, written",
    description:
      "A record of any kind, told apart by `kind`. An unknown field is refused; a nullable one may be left out, " +
      "and is then null. The newest `updated_at` wins.",
  });

/** A record as producers write it, before defaults. */
export type RecordInput = z.input<Schema>;

/** A record that keeps its contract, defaults included. */
export type ValidRecord = z.output<Schema>;

/** The records of the example organization, from which every example in the document answers. */
export const exampleRecords: RecordInput[] = definitions.flatMap(({ examples }): RecordInput[] => examples);
