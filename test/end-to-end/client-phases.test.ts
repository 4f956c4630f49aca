import { setImmediate, setTimeout } from "node:timers/promises";
import { createClient, MojaError, type ClientOptions } from "@moja/client";
import { contracts } from "@moja/contracts";
import { afterEach, describe, expect, test } from "vitest";
import {
  atOnce,
  listNames,
  oneOfEachKind,
  operations,
  singleNames,
  type Operation,
} from "../support/client-operations.ts";
import { reportsByName } from "../support/sound-answers.ts";
import {
  clearStages,
  partly,
  reset,
  sentByAll,
  silence,
  stage,
  status,
  thrownBy,
  times,
  until,
  type Fault,
  type Stage,
} from "../support/stage.ts";

/** Pauses that no test lives to see the end of, and none at all. */
const endless = { retry_pause_ms: 3_600_000 };
const quick = { retry_pause_ms: 1 };

/** How long a caller may wait for the rejection after an abort: the promise that the law is about. */
const abortMsMax = 100;

afterEach(clearStages);

describe("the client's functions", () => {
  test("are those of its README and of the contracts", () => {
    const procedures = Object.entries(contracts).flatMap(([report, each]) =>
      Object.keys(each).map((name) => `${report}.${name}`),
    );
    expect([...procedures, "me.get", "ingest.push"].sort()).toStrictEqual([...singleNames].sort());
    const lists = Object.keys(reportsByName).flatMap((report) => listNames.map((name) => `${report}.${name}`));
    const moja = createClient({ url: "http://127.0.0.1:9", key: "x" });
    const functions = Object.entries(moja).flatMap(([group, each]) =>
      Object.keys(each).map((name) => `${group}.${name}`),
    );
    expect(functions.sort()).toStrictEqual([...singleNames, ...lists, "ingest.pushAll", "ingest.pushLines"].sort());
    expect(operations.map(({ name }) => name).sort()).toStrictEqual(functions);
  });

  test("come to what the API answers, in as many requests as it takes, each with the key", async () => {
    for (const operation of operations) {
      const { server, moja } = await stage([], { organization_id: "org_1" });
      expect(await operation.run(moja), operation.name).toStrictEqual(operation.sound);
      expect(server.asked, operation.name).toHaveLength(operation.requests);
      for (const { headers, path } of server.asked) {
        expect(headers, operation.name).toMatchObject({ "x-api-key": "a key", "x-organization-id": "org_1" });
        expect(path.startsWith("/trpc/"), operation.name).toBe(operation.transport === "trpc");
      }
    }
  });
});

/** When the caller aborts: how the server answers until then, and what has to have happened. */
type Phase = {
  applies?: (operation: Operation) => boolean;
  faults: Fault[];
  patience?: Partial<ClientOptions>;
  reached: (stage: Stage, operation: Operation, items: () => number) => Promise<void> | boolean;
  /** Whether the server is to see that its answer is no longer waited for. */
  cancels?: true;
};

/** The head of an answer is there, and what follows from it in the client has run. */
const headsCame = async ({ heads }: Stage, operation: Operation) => {
  await until(() => heads() >= atOnce(operation));
  for (let turn = 0; turn < 5; turn++) await setImmediate();
};

const phases: Record<string, Phase> = {
  "right after it was called": { faults: [], reached: () => true },
  "in flight, with no answer yet": {
    faults: times(4, silence),
    reached: ({ server }, operation) => until(() => server.asked.length === atOnce(operation)),
    cancels: true,
  },
  "waiting for Retry-After": {
    faults: times(4, status(429, { "Retry-After": "3600" })),
    patience: quick,
    reached: headsCame,
  },
  "in back-off after a status": { faults: times(4, status(503)), patience: endless, reached: headsCame },
  "in back-off after a reset connection": { faults: times(4, reset), patience: endless, reached: headsCame },
  "in the middle of a body": {
    faults: times(4, partly("silence")),
    reached: async (stage, operation, items) => {
      await headsCame(stage, operation);
      if (operation.kind === "rows" || operation.kind === "bytes") await until(() => items() > 0);
    },
    cancels: true,
  },
  "in back-off after its rows broke off": {
    applies: ({ kind }) => kind === "rows",
    faults: [partly("cut")],
    patience: endless,
    reached: async ({ server }, _, items) => {
      await until(() => items() > 0 && !server.asked[0]?.isOpen);
      // What is sent last has to arrive; an abort before is one in the middle of the body.
      await setTimeout(20);
    },
  },
};

describe("an abort rejects with the caller's reason in 100 ms, and nothing is sent after it", () => {
  const reason = { the: "caller's own" };

  /** Nothing more is sent by any of the clients of this test. */
  const nothingMoreIsSent = async (before: number[]) => {
    await setTimeout(60);
    expect(sentByAll()).toStrictEqual(before);
  };

  const abortedWithin = async (running: Promise<unknown>, controller: AbortController, label: string) => {
    const from = performance.now();
    controller.abort(reason);
    const thrown = await Promise.race([thrownBy(running), setTimeout(5000, "nothing in 5 s")]);
    expect(thrown, label).toBe(reason);
    expect(performance.now() - from, label).toBeLessThan(abortMsMax);
  };

  test("before the request", async () => {
    for (const operation of operations) {
      const { server, moja } = await stage([]);
      expect(await thrownBy(operation.run(moja, { signal: AbortSignal.abort(reason) })), operation.name).toBe(reason);
      expect(server.asked, operation.name).toStrictEqual([]);
    }
    await nothingMoreIsSent(operations.map(() => 0));
  });

  test.each(Object.entries(phases))("%s", async (_, { applies = () => true, faults, patience, reached, cancels }) => {
    const sent: number[] = [];
    for (const operation of operations.filter(applies)) {
      const controller = new AbortController();
      const staged = await stage(faults, patience);
      let items = 0;
      const running = operation.run(staged.moja, { signal: controller.signal, onItem: () => items++ });
      running.catch(() => {});
      await reached(staged, operation, () => items);
      await abortedWithin(running, controller, operation.name);
      sent.push(staged.server.asked.length);
      if (cancels) await until(() => staged.server.asked.every(({ isOpen }) => !isOpen));
    }
    await nothingMoreIsSent(sent);
  });

  test("between pages, and between rows of an answer that has come whole", async () => {
    for (const operation of operations.filter(({ kind }) => kind === "pages" || kind === "rows")) {
      for (const taken of [1, 2]) {
        const controller = new AbortController();
        const { server, moja } = await stage([]);
        let items = 0;
        const onItem = () => {
          if (++items === taken) controller.abort(reason);
        };
        const thrown = await thrownBy(operation.run(moja, { signal: controller.signal, onItem }));
        expect(thrown, operation.name).toBe(reason);
        expect([items, server.asked.length], operation.name).toStrictEqual([taken, 1]);
      }
    }
    await nothingMoreIsSent(sentByAll().map(() => 1));
  });

  test("between batches, while their source is silent", async () => {
    for (const operation of operations.filter(({ kind }) => kind === "batches")) {
      for (const given of [0, 1]) {
        const controller = new AbortController();
        const { server, moja } = await stage([]);
        let items = 0;
        let isSilent = false;
        const running = operation.run(moja, {
          signal: controller.signal,
          onItem: () => items++,
          async *source(whole) {
            yield* whole.slice(0, given * (operation.name === "ingest.pushAll" ? 2 : 1));
            isSilent = true;
            await new Promise(() => {});
          },
        });
        running.catch(() => {});
        await until(() => isSilent && items === given);
        await abortedWithin(running, controller, `${operation.name} after ${given}`);
        expect(server.asked, operation.name).toHaveLength(given);
      }
    }
    await nothingMoreIsSent([0, 1, 0, 1]);
  });

  test("with an error of the client's own class as the reason, too", async () => {
    const refusal = await thrownBy((await stage([status(404)])).moja.me.get());
    expect(refusal).toBeInstanceOf(MojaError);
    for (const operation of oneOfEachKind) {
      const controller = new AbortController();
      const staged = await stage(times(4, partly("silence")), endless);
      const running = operation.run(staged.moja, { signal: controller.signal });
      running.catch(() => {});
      await headsCame(staged, operation);
      controller.abort(refusal);
      expect(await Promise.race([running.catch((error: unknown) => error), setTimeout(5000)]), operation.name).toBe(
        refusal,
      );
    }
  });
});
