import { lists } from "./http.ts";

type Named = { operation: string; path: string; id: string };

/** Every list as a generated client knows it. */
const named: Named[] = lists.map(({ name, contract }) => ({
  operation: name.replace(/\.(.)/, (_, letter: string) => letter.toUpperCase()),
  path: contract.path,
  id: contract.id,
}));

/** What all walks begin with: where the API is, and a type that no `any` passes. */
const preamble = `
const [url, key] = process.argv.slice(2) as [string, string];
type Known<Value> = 0 extends 1 & Value ? never : Value;
const walked: Record<string, string[]> = {};
const window = { from: "2026-05-04", to: "2026-05-05", limit: 7, order: "asc" } as const;
`;
const print = "process.stdout.write(JSON.stringify(walked));\n";

/** The program of a partner who generated types with openapi-typescript and asks with openapi-fetch. */
export const openapiFetchWalk = `import createClient from "openapi-fetch";
import type { paths } from "./generated.ts";
${preamble}
const client = createClient<paths>({ baseUrl: url, headers: { "X-API-Key": key } });
${named
  .map(
    ({ operation, path, id }) => `
const ${operation}: string[] = walked["${path}"] = [];
for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
  const { data: page, error } = await client.GET("${path}", { params: { query: { ...window, ...(cursor !== undefined && { cursor }) } } });
  if (error) throw new Error(\`\${error.code satisfies string}: \${error.detail}\`);
  const next: Known<typeof page.next_cursor> = page.next_cursor;
  for (const row of page.data) ${operation}.push(row.${id} satisfies Known<typeof row.${id}>);
  cursor = next ?? undefined;
}`,
  )
  .join("\n")}
${print}`;

/** The program of a partner who generated a client with orval. */
export const orvalWalk = `import { ${named.map(({ operation }) => operation).join(", ")} } from "./generated.ts";
${preamble}
const options = { headers: { "X-API-Key": key } };
${named
  .map(
    ({ operation, path, id }) => `
const ${operation}Rows: string[] = walked["${path}"] = [];
for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
  const answer = await ${operation}({ ...window, ...(cursor !== undefined && { cursor }) }, options);
  if (answer.status !== 200) throw new Error(\`\${answer.data.code satisfies string}: \${answer.data.detail}\`);
  const next: Known<typeof answer.data.next_cursor> = answer.data.next_cursor;
  for (const row of answer.data.data) ${operation}Rows.push(row.${id} satisfies Known<typeof row.${id}>);
  cursor = next ?? undefined;
}`,
  )
  .join("\n")}
void url;
${print}`;
