import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createKey } from "@moja/store";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../apps/api/src/app.ts";
import { listenOptionsFrom, readSettings } from "../../apps/api/src/config.ts";
import { listen } from "../../apps/api/src/http-server.ts";
import { databases } from "../support/databases.ts";
import { exportOperations } from "../support/download.ts";
import { startHarness, type Harness } from "../support/harness.ts";
import { pathFor, reports } from "../support/http.ts";
import { plantedRecord, variants } from "../support/planted-records.ts";
import { pushed } from "../support/push.ts";
import { digitsBare, spellings } from "../support/spellings.ts";

type Row = Record<string, any>;

/** A number for each spelling, whose last digits no other value has. */
const numbers = Object.entries(spellings).map(([name, spell], index) => ({
  name,
  spell,
  national: `310${5_550_142 + index * 137_931}`,
  needle: String(5_550_142 + index * 137_931),
}));

/** How a number is written into a field of any kind: as it is spelled where it can be, else as a field takes it. */
const waysToWrite = (text: string, national: string) => [
  text,
  `https://partner.example/${text}`,
  `x.${text}`,
  `x-${national}-x.example`,
  `+1${national}`,
];

/** The fields of a call's route, which may not all say something at once. */
const routesOf = (text: string): Row[] => [
  { dial_type: text.replace(/[^\w.:-]/g, "-").slice(0, 64), rtb_id: null, rtb_name: null },
  { dial_type: "rtb", rtb_id: "rtb_1", rtb_name: text },
  { dial_type: "target", rtb_id: null, rtb_name: null, target_id: "target_1", target_name: text },
];

/** The ids of a record, which are its own. */
const idFields = ["call_log_id", "request_id", "event_id", "auction_id"];

/** How the ids of requests begin: both directions share a table, and events and attempts name a request. */
const requestOf: Record<string, string> = {
  inbound: "in",
  outbound: "out",
  rtb_event: "in",
  incoming: "whin",
  outgoing: "whout",
  webhook_attempt: "whout",
};

/** Of every variant a record for each spelling, with the number in all of its texts; of calls one for each route. */
const planted = numbers.flatMap(({ name, spell, national }, index) =>
  variants.flatMap(({ shape, ...variant }) => {
    const isCall = variant.name === "call";
    const fields = Object.entries(shape).filter(
      ([field]) => !isCall || !/^(dial_type|rtb_name|target_name)$/.test(field),
    );
    const texts = waysToWrite(spell(national), national);
    const { record, ...found } = plantedRecord({ ...variant, shape: Object.fromEntries(fields) }, texts);
    const ids = idFields.filter((field) => field in record).map((field) => [field, `${field}.${index}`]);
    const routes = isCall ? routesOf(spell(national)) : [{}];
    return routes.map((route, turn) => ({
      ...found,
      spelling: name,
      record: {
        ...record,
        ...Object.fromEntries(ids),
        ...("request_id" in record && { request_id: `${requestOf[variant.name]}.${index}` }),
        ...route,
        ...(turn > 0 && { call_log_id: `call_log_id.${index}.${turn}` }),
      } as Row,
    }));
  }),
);

/** The hashes of the bodies that hold a number: they could be tried out. */
const bodyHashes = planted.flatMap(({ record }) =>
  [...JSON.stringify(record).matchAll(/"content_type":(?:null|"(?:[^"\\]|\\.)*"),"text":("(?:[^"\\]|\\.)*")/g)].map(
    ([, text]) =>
      createHash("sha256")
        .update(String(JSON.parse(String(text))))
        .digest("hex"),
  ),
);

const window = { from: "2026-05-01", to: "2026-05-09" };

/** What a report is asked, so that everything of the planted records is seen. */
function inputsOf({ contract }: (typeof reports)[number]): Row[] {
  if (contract.shape === "list") return [{ ...window, totals: "true", limit: 1000 }];
  if (contract.shape === "summary")
    return [
      { ...window, interval: "day" },
      ...Object.keys(contract.dimensions).map((dimension) => ({ ...window, group_by: [dimension], top: 1000 })),
    ];
  const ids = planted.flatMap(({ record }) => record[contract.id] ?? []);
  return [...new Set(ids)].map((id) => ({ [contract.id]: id }));
}

const paths = [
  ...reports.flatMap((report) =>
    inputsOf(report).flatMap((input, index) => [
      pathFor(report.contract, input),
      // Both transports mask in the same place: some of what is asked over REST is asked over tRPC, too.
      ...(index < 30 ? [`/trpc/${report.name}?input=${encodeURIComponent(JSON.stringify(input))}`] : []),
    ]),
  ),
  ...exportOperations.flatMap(({ contract }) =>
    ["csv", "ndjson"].map((format) => pathFor(contract, { ...window, totals: "true", format })),
  ),
  // Refusals, and an address that is logged.
  ...reports.map(({ contract }) => `${pathFor(contract, { [contract.id]: "nothing", ...window })}&nothing=1`),
];

describe.each(databases)("on $name", ({ create }) => {
  let api: Harness;
  let organization_id: string;
  let url: string;
  let stop: () => void;
  const log: string[] = [];
  beforeAll(async () => {
    api = await startHarness(create);
    organization_id = (await api.tenant()).organization_id;
    const settings = readSettings({ RATE_LIMIT_PER_ENDPOINT: "0", RATE_LIMIT_PER_IP: "0" });
    const logger = pino({ level: "trace" }, { write: (line: string) => void log.push(line) });
    const app = createApp({ database: api.database, settings, logger });
    const server = await listen(app, { ...listenOptionsFrom(settings), port: 0, host: "127.0.0.1" });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    stop = () => server.close();
    await pushed(api, organization_id, JSON.stringify(planted.map(({ record }) => record)));
  });
  afterAll(() => stop());

  /** What is found in every answer to a key: the spellings whose numbers are readable, hashes and sizes. */
  async function found(...scopes: ("reports:read" | "pii:read")[]) {
    const key = await createKey(api.database, { organization_id, name: "reader", scopes });
    const leaks: string[] = [];
    for (const path of paths) {
      const response = await fetch(url + path, { headers: { "X-API-Key": key, "X-Request-Id": "fuzz" } });
      if (response.status >= 500) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
      const answer = `${JSON.stringify([...response.headers])}\n${await response.text()}`;
      const bare = digitsBare(answer);
      for (const { name, needle } of numbers) {
        const at = bare.indexOf(needle);
        if (at >= 0) leaks.push(`${name} in ${path}: ${bare.slice(Math.max(0, at - 40), at + 12)}`);
      }
      if (bodyHashes.some((hash) => answer.includes(hash))) leaks.push(`a body's hash in ${path}`);
      const sizes = [...answer.matchAll(/"size_bytes":(\d+)/g)].map(([, size]) => Number(size));
      if (sizes.some((size) => size % 1024 !== 0)) leaks.push(`a body's size in ${path}`);
    }
    return leaks;
  }

  test("a number is planted in every text of every kind of record, in every spelling", () => {
    expect(numbers.length).toBeGreaterThanOrEqual(14);
    const refused = planted.flatMap((each) => each.refused.map((place) => place.replace(/^.*\./, "")));
    // A moment is a text, but of one form.
    expect(new Set(refused.filter((name) => !name.endsWith("_at")))).toStrictEqual(new Set(["method"]));
    const [first] = numbers;
    const places = planted.filter(({ spelling }) => spelling === first?.name).flatMap((each) => each.places);
    expect(new Set(places).size).toBeGreaterThan(90);
  });

  test(
    "a key without pii:read finds it in no byte of any answer or log line, nor its body's hash or size",
    { timeout: 120_000 },
    async () => {
      expect(await found("reports:read")).toStrictEqual([]);
      expect(log.length).toBeGreaterThan(paths.length / 2);
      const logged = digitsBare(log.join(""));
      expect(numbers.filter(({ needle }) => logged.includes(needle))).toStrictEqual([]);
    },
  );

  test("a key with pii:read finds every one of them", { timeout: 120_000 }, async () => {
    const leaks = await found("reports:read", "pii:read");
    const seen = new Set(leaks.map((leak) => leak.split(" in /")[0]));
    expect(numbers.filter(({ name }) => !seen.has(name))).toStrictEqual([]);
  });
});
