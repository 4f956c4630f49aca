import { once } from "node:events";
import { request } from "node:http";
import { errorCatalog, reasons } from "@moja/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHarness, type Harness } from "../support/harness.ts";
import { procedures } from "../support/http.ts";
import { document } from "../support/openapi-document.ts";

describe("the documentation in Markdown", () => {
  let api: Harness;
  beforeAll(async () => {
    api = await startHarness();
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const read = async (path: string) => {
    const response = await fetch(api.url + path);
    expect([response.status, response.headers.get("content-type")]).toStrictEqual([
      200,
      path === "/llms.txt" ? "text/plain; charset=utf-8" : "text/markdown; charset=utf-8",
    ]);
    return response.text();
  };
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-");
  const sectionOf = (markdown: string, heading: string) =>
    markdown.split(/^(?=#{1,3} )/m).find((each) => each.startsWith(`### ${heading}\n`)) ?? "";
  const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const cell = (text: string) => text.replaceAll("|", "\\|");

  test("/llms.txt has the form of llmstxt.org: a title, a summary, then lists of links that all lead somewhere", async () => {
    const [title, summary, ...sections] = (await read("/llms.txt")).trim().split("\n\n");
    expect(title).toBe("# Moja Reporting API");
    expect(summary).toMatch(/^> .+$/);
    const anchors = [...(await read("/docs/reference.md")).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      slug(heading),
    );
    expect(sections.filter((_, index) => index % 2 === 0)).toStrictEqual([
      "## Documentation",
      "## Operations",
      "## Optional",
    ]);
    const lines = sections
      .filter((_, index) => index % 2 === 1)
      .join("\n")
      .split("\n");
    for (const line of lines) {
      const [, url = ""] = /^- \[[^\]]+\]\((http[^)]+)\): .+$/.exec(line) ?? [];
      expect(url.startsWith(`${api.url}/`), line).toBe(true);
      expect((await fetch(url)).status, url).toBe(200);
      const { hash } = new URL(url);
      if (hash) expect(anchors).toContain(hash.slice(1));
    }
    for (const { contract } of procedures) expect(lines.join("\n")).toContain(`\`GET ${contract.path}\``);
  });

  test.each(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation: operation as any })),
    ),
  )("the reference prints $method $path with its parameters and refusals", async ({ path, method, operation }) => {
    const section = sectionOf(await read("/docs/reference.md"), operation.summary);
    expect(section).toContain(`\`${method.toUpperCase()} ${path}\``);
    expect(section).toContain(operation.description);
    for (const { name, description } of operation.parameters ?? [])
      expect(section, name).toMatch(new RegExp(`^\\| \`${name}\`.*${escaped(cell(description))}`, "m"));
    for (const [status, response] of Object.entries<any>(operation.responses)) {
      if (status.startsWith("2")) continue;
      const { examples } = Object.values<any>(
        (document.components.responses[response.$ref?.split("/").at(-1)] ?? response).content,
      )[0];
      for (const code of Object.keys(examples)) expect(section).toContain(`\`${code}\``);
    }
  });

  test("the reference prints every field with its title, which has its unit, and its meaning", async () => {
    const markdown = await read("/docs/reference.md");
    let fields = 0;
    for (const [name, { properties = {} }] of Object.entries<any>(document.components.schemas)) {
      const section = sectionOf(markdown, name);
      for (const [field, { title, description }] of Object.entries<any>(properties)) {
        fields++;
        if (title)
          expect(section).toMatch(
            new RegExp(`^\\| \`${field}\` \\|.*\\*\\*${escaped(title)}\\.\\*\\* ${escaped(cell(description))}`, "m"),
          );
        else expect(section).toMatch(new RegExp(`^\\| \`${field}\` \\|`, "m"));
      }
    }
    expect(fields).toBeGreaterThan(200);
  });

  test("the reference prints every refusal and every reason of a bid", async () => {
    const markdown = await read("/docs/reference.md");
    for (const [code, { status, help }] of Object.entries(errorCatalog))
      expect(markdown).toMatch(new RegExp(`^\\| \`${code}\` \\| ${status} \\| .*${escaped(help)} \\|$`, "m"));
    for (const [code, reason] of Object.entries(reasons))
      expect(markdown).toMatch(new RegExp(`^\\| ${code} \\| \`\\w+\` \\| ${escaped(reason)}\\. \\|$`, "m"));
  });

  test.each(["/llms.txt", "/docs/getting-started.md", "/postman.json", "/docs/assets/document.json"])(
    "%s writes no host into its samples that is not one",
    async (path) => {
      const asked = request(api.url + path, { headers: { host: "$(id).example" } }).end();
      const [response] = (await once(asked, "response")) as [{ statusCode: number; resume: () => void }];
      response.resume();
      expect(response.statusCode).toBe(400);
    },
  );
});
