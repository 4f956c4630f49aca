import type { Database } from "@moja/store";

/** What never ends, in each dialect. */
const endless = {
  pg: "(select pg_sleep(3600)) is not null",
  sqlite: "(with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n) > 0",
};

/** A key of `webhook_requests`, and heavy reads of it. */
export const endlessReads = {
  summary: "/v1/summaries/incoming-webhooks?from=2026-05-04&to=2026-05-05",
  list: "/v1/webhooks/incoming-requests?from=2026-05-04&to=2026-05-05&outcome=applied",
  export: "/v1/exports/incoming-webhooks?from=2026-05-04&to=2026-05-05&outcome=applied",
};

/** Makes every query of webhook requests endless, until it is undone. */
export async function makeEndless(database: Database): Promise<() => Promise<void>> {
  const condition = database.client.config.client === "pg" ? endless.pg : endless.sqlite;
  await database.raw("alter table webhook_requests rename to kept_requests");
  await database.raw(`create view webhook_requests as select * from kept_requests where ${condition}`);
  return async () => {
    await database.raw("drop view webhook_requests");
    await database.raw("alter table kept_requests rename to webhook_requests");
  };
}
