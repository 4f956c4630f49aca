import type { Knex } from "knex";
import { isPostgres } from "./dialect.ts";
import { createHashSecret, KeyedHash } from "./keyed-hash.ts";

/** Where callers' numbers stand, with the condition under which an index serves them. */
const callerColumns = [
  { table: "calls", column: "caller_id", condition: "started_at is not null" },
  { table: "rtb_requests", column: "caller_id", condition: "received_at is not null" },
  { table: "rtb_requests", column: "caller_id", condition: "sent_at is not null" },
  { table: "webhook_requests", column: "phone_number", condition: "received_at is not null" },
];

/** How many numbers one statement writes the references of. */
const numbersPerStatement = 1000;

/** Gives every organization its secret, and every stored caller's number its reference. */
export async function fillCallerRefs(knex: Knex): Promise<void> {
  const organizations: string[] = await knex("organizations").orderBy("organization_id").pluck("organization_id");
  for (const organization_id of organizations) {
    const hash_secret = createHashSecret();
    await knex("organizations").where({ organization_id }).update({ hash_secret });
    const { callerRef } = new KeyedHash(hash_secret);
    for (const { table, column, condition } of callerColumns) {
      const numbers: string[] = await knex(table)
        .distinct(column)
        .where({ organization_id })
        .whereRaw(condition)
        .whereNotNull(column)
        .pluck(column);
      const sql = `update ${table} set caller_ref = refs.ref from ${pairsSql(knex)} as refs
        where organization_id = ? and ${column} = refs.number and ${condition}`;
      for (let start = 0; start < numbers.length; start += numbersPerStatement) {
        const pairs = numbers.slice(start, start + numbersPerStatement).map((number) => [number, callerRef(number)]);
        await knex.raw(sql, [JSON.stringify(pairs), organization_id]);
      }
    }
  }
}

/** Selects pairs of a number and its reference from a parameter of JSON. */
function pairsSql(knex: Knex): string {
  return isPostgres(knex)
    ? "(select value ->> 0 as number, value ->> 1 as ref from json_array_elements(?::json))"
    : "(select value ->> 0 as number, value ->> 1 as ref from json_each(?))";
}
