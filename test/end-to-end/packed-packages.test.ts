import { contracts } from "@moja/contracts";
import { access, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { ingestOrFail, startHarness, type Harness, type Tenant } from "../support/harness.ts";
import { expectToCompile, linkPackages, root, run } from "../support/packages.ts";
import { recordFor } from "../support/record-factory.ts";

const packages = ["contracts", "client"];

/** What a team has that writes with React Query; tRPC is older than ours, as far as React Query's part of it goes. */
const ofTheTeam = [
  "@tanstack/react-query",
  "@trpc/client",
  "@trpc/server",
  "@trpc/tanstack-react-query",
  "@types/node",
  "@types/react",
  "react",
];

/** tRPC's adapter for WebSockets needs declarations that tRPC does not bring, in every project that imports tRPC. */
const isOfTrpc = (diagnostic: string) => /^[^(]*@trpc\/server\/dist\/ws-[^(]*\(/.test(diagnostic);

const program = `
import { createClient, MojaError } from "@moja/client";
import { exampleRecords, type RecordInput, type ReportingRouter } from "@moja/contracts";
import { QueryClient } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, httpLink } from "@trpc/client";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";

const [url, key] = process.argv.slice(2) as [string, string];
const given: RecordInput[] = exampleRecords;
const window = { from: "2026-05-04", to: "2026-05-05" };
const trpcUrl = { url: \`\${url}/trpc\`, headers: { "X-API-Key": key } };

const moja = createClient({ url, key });
const { data } = await moja.callLogs.list(window);
const ids: string[] = data.map((call) => call.call_log_id);
const refused: unknown = await moja.callLogs.get({ call_log_id: "nobody" }).catch((error: unknown) => error);

const queryClient = new QueryClient();
const client = createTRPCClient<ReportingRouter>({ links: [httpLink(trpcUrl)] });
const trpc = createTRPCOptionsProxy<ReportingRouter>({ client, queryClient });
const infinite = trpc.callLogs.list.infiniteQueryOptions(
  { ...window, limit: 2 },
  { getNextPageParam: (page) => page.next_cursor },
);
const { pages } = await queryClient.fetchInfiniteQuery({ ...infinite, pages: 3 });
const pageIds: string[][] = pages.map((page) => page.data.map((call) => call.call_log_id));
const batching = createTRPCClient<ReportingRouter>({ links: [httpBatchLink(trpcUrl)] });
const [newest, me] = await Promise.all([batching.callLogs.list.query({ ...window, limit: 1 }), batching.me.get.query()]);
const batch: [number, string] = [newest.data.length, me.key.id];
// @ts-expect-error -- no such filter
trpc.callLogs.list.queryOptions({ nobody: "x" });

process.stdout.write(
  JSON.stringify({
    records: given.length > 0,
    ids,
    refused: refused instanceof MojaError ? refused.code : refused,
    pageIds,
    batch,
  }),
);
`;

describe("@moja/contracts and @moja/client, packed and installed elsewhere", () => {
  const calls = Array.from({ length: 5 }, (_, index) => `call_${index}`);
  let api: Harness;
  let tenant: Tenant;
  let folder: string;
  beforeAll(async () => {
    api = await startHarness();
    tenant = await api.tenant();
    await ingestOrFail(
      tenant,
      calls.map((id, index) => recordFor(contracts.callLogs.list, id, Date.UTC(2026, 4, 4, 12, 0, index))),
    );
    folder = await mkdtemp(join(inject("tests_folder"), "packed-"));
    const needed = await Promise.all(packages.map((name) => install(name, folder)));
    await linkPackages(folder, [...new Set([...ofTheTeam, ...needed.flat()])]);
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(join(folder, "app.ts"), program);
  }, 120_000);
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(["nodenext", "bundler"])(
    "compile with every declaration checked, resolved as %s does",
    async (moduleResolution) => {
      const compilerOptions = {
        strict: true,
        skipLibCheck: false,
        noEmit: true,
        target: "es2023",
        lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
        module: moduleResolution === "bundler" ? "esnext" : "nodenext",
        moduleResolution,
        types: ["node"],
      };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["app.ts"] }));
      await expectToCompile(folder, isOfTrpc);
    },
    120_000,
  );

  test("run a list, a refusal and an infinite query on this Node and on the machine's own", async () => {
    const compilerOptions = { target: "es2023", module: "nodenext", types: ["node"], outDir: "out", noCheck: true };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["app.ts"] }));
    await expectToCompile(folder);
    for (const node of [process.execPath, await nodeOfTheMachine()]) {
      const { stdout } = await run(node, ["out/app.js", api.url, tenant.key], { cwd: folder });
      expect(JSON.parse(stdout), node).toStrictEqual({
        records: true,
        ids: calls.toReversed(),
        refused: "not_found",
        pageIds: [["call_4", "call_3"], ["call_2", "call_1"], ["call_0"]],
        batch: [1, expect.any(String)],
      });
    }
  }, 120_000);
});

/**
 * Packs a package as `npm publish` does, and unpacks it where `npm install` would. Resolves to the packages that it
 * declares to need: what is not declared is not there.
 */
async function install(name: string, folder: string): Promise<string[]> {
  const from = join(root, "packages", name);
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: from });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf("["))) as { filename: string; files: { path: string }[] }[];
  const contents = packed?.files.map(({ path }) => path) ?? [];
  expect(contents.filter((path) => !/^(dist\/.*\.(js|d\.ts)|package\.json|README\.md)$/.test(path))).toEqual([]);
  const to = join(folder, "node_modules/@moja", name);
  await mkdir(to, { recursive: true });
  await run("tar", ["-xzf", join(folder, String(packed?.filename)), "-C", to, "--strip-components=1"]);
  const manifest = JSON.parse(await readFile(join(to, "package.json"), "utf8")) as Record<string, object>;
  return Object.keys({ ...manifest["dependencies"], ...manifest["peerDependencies"] }).filter(
    (each) => !each.startsWith("@moja/"),
  );
}

/** The Node that this machine has besides the repository's own: the packages claim to run from Node 20 on. */
async function nodeOfTheMachine(): Promise<string> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const node = join(folder, "node");
    const found = await access(node).then(
      () => !folder.includes("node_modules"),
      () => false,
    );
    if (found) return node;
  }
  return process.execPath;
}
