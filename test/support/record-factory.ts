import { exampleRecords, type RecordInput } from "@moja/contracts";
import type { lists } from "./http.ts";

type List = (typeof lists)[number]["contract"];

/** The example record behind a list's example row. */
export function exampleRecord(list: List): RecordInput {
  const [row] = list.example.output.data as Record<string, unknown>[];
  const found = exampleRecords.find(
    (each) => list.at in each && (each as Record<string, unknown>)[list.id] === row?.[list.id],
  );
  if (!found) throw new Error(`${list.path} has no example record`);
  return found;
}

/** A record for a list like its example, with its own id, time and changes. */
export function recordFor(list: List, id: string, at: number, change: Record<string, unknown> = {}): RecordInput {
  const when = new Date(at).toISOString();
  return {
    ...exampleRecord(list),
    [list.id]: id,
    [list.at]: when,
    ...(list.at === "started_at" ? { updated_at: when } : {}),
    ...change,
  };
}
