import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../dialect.ts";
import { findMigrationsIssue } from "../migrate.ts";
import { isFailover } from "../outages.ts";
import { probePool } from "./probe.ts";
import { toWalPosition, type WalPosition } from "./wal-position.ts";

/** How often the places of primary and replica are compared, in ms. */
const lookMs = 250;

/** How long a read waits for the replica to get to a place, in ms. */
const reachMs = 250;

/** How often it asks meanwhile, in ms. */
const askMs = 10;

/** How often a change is told at most, in ms. */
const tellMs = 1000;

/** How many places of the primary are kept that the replica has not reached. With more, every other one is dropped. */
const samplesMax = 1000;

/** Whether a replica answers reads, and if not, why. */
export type ReplicaStatus = {
  state: "ready" | "lagging" | "away";
  /** How far it is behind at most, in ms; null where it never caught up. */
  lag_ms: number | null;
  reason?: string;
};

/** How a replica is used. */
export type ReplicaOptions = {
  url: string;
  /** How far behind it may be to answer, in ms. */
  lagMsMax: number;
  /** Is told when its state has changed, once a second at most. */
  onChange: (status: ReplicaStatus) => void;
};

/** The cluster and the database: equal on a primary and its replicas, and nowhere else. */
const identitySql = `(select system_identifier from pg_control_system()) || ' ' ||
  (select oid from pg_database where datname = current_database()) as identity`;

const primarySql = `select pg_current_wal_flush_lsn()::text as position, ${identitySql}`;
const replicaSql = `select pg_last_wal_replay_lsn()::text as position, pg_is_in_recovery() as is_replica,
  (select json_agg(name) from knex_migrations) as migrations, ${identitySql}`;

type PrimaryPlace = { position: string; identity: string };
type ReplicaPlace = PrimaryPlace & { is_replica: boolean; migrations: string[] | null };

/** A place of the primary, and when it was there. */
type Sample = { position: WalPosition; at: number };

/**
 * A streaming replica and how far it is behind. The primary's place is noted again and again: what the replica has
 * replayed it has from the latest noted place on that it has reached, by the clock of this process only.
 */
export class Replica {
  readonly database: Database;
  readonly #options: ReplicaOptions;
  readonly #primary: ReturnType<typeof probePool>;
  readonly #replica: ReturnType<typeof probePool>;
  readonly #reading = new Set<(error: Error) => void>();
  #samples: Sample[] = [];
  #identity: string | undefined;
  /** The migrations that it had when they were last compared, and what is wrong with them. */
  #migrations: { names: string; issue: string | undefined } = { names: "-", issue: undefined };
  #replayed: WalPosition = "";
  /** When the primary was where the replica is. */
  #caughtUpAt = -Infinity;
  #failure: string | undefined = "It has not been asked yet";
  #asking: Promise<void> | undefined;
  #told = { state: "ready" as ReplicaStatus["state"], at: -Infinity };
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `database` reads from the replica; `primaryUrl` leads to the primary. */
  constructor(database: Database, primaryUrl: string, options: ReplicaOptions) {
    this.database = database;
    this.#options = options;
    this.#primary = probePool(primaryUrl, "replication");
    this.#replica = probePool(options.url, "replication");
    void this.#watch();
  }

  get status(): ReplicaStatus {
    const lagMs = performance.now() - this.#caughtUpAt;
    const lag_ms = Number.isFinite(lagMs) ? Math.round(lagMs) : null;
    if (this.#failure !== undefined) return { state: "away", lag_ms, reason: this.#failure };
    return { state: lagMs > this.#options.lagMsMax ? "lagging" : "ready", lag_ms };
  }

  /** Whether it may answer: it is there, not too far behind, and has replayed a place, soon at the latest. */
  async mayAnswer(position?: WalPosition): Promise<boolean> {
    if (!this.#isUsable()) return false;
    return position === undefined || this.#replayed >= position || this.#reaches(position);
  }

  /** Reads from the replica. Rejects where it has hung since. */
  read<Result>(read: (database: Database) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#reading.add(reject);
      void read(this.database)
        .finally(() => this.#reading.delete(reject))
        .then(resolve, reject);
    });
  }

  /** Notes that a read has failed: where the connection was lost, no other read need try until the replica answers. */
  noteFailure(error: unknown): void {
    if (isFailover(error)) this.#failure = inWords(error);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await Promise.all([this.#primary.end(), this.#replica.end(), this.database.destroy()]);
  }

  #isUsable(): boolean {
    return this.#failure === undefined && this.#isFresh();
  }

  async #reaches(position: WalPosition): Promise<boolean> {
    const late = sleep(reachMs, "late" as const, { ref: false });
    while (this.#isUsable()) {
      if ((await Promise.race([this.#ask(), late])) === "late") return false;
      if (this.#replayed >= position) return this.#isUsable();
      if ((await Promise.race([sleep(askMs), late])) === "late") return false;
    }
    return false;
  }

  async #watch(): Promise<void> {
    const at = performance.now();
    // Where the primary does not answer, nobody knows how far the replica is behind: its lag grows.
    await this.#primary.query<PrimaryPlace>(primarySql).then(
      ({ rows: [place] }) => place && this.#sample(place, at),
      () => {},
    );
    await this.#ask();
    this.#endHungReads();
    this.#tell();
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#watch(), lookMs).unref();
  }

  #sample({ position, identity }: PrimaryPlace, at: number): void {
    this.#identity = identity;
    const sample = { position: toWalPosition(position), at };
    if (this.#samples.at(-1)?.position === sample.position) this.#samples.pop();
    this.#samples.push(sample);
    if (this.#samples.length > samplesMax) this.#samples = this.#samples.filter((_, index) => index % 2 === 0);
  }

  /** Asks the replica for its place. Whoever asks meanwhile gets the same answer. */
  #ask(): Promise<void> {
    this.#asking ??= this.#replica
      .query<ReplicaPlace>(replicaSql)
      .then(({ rows: [place] }) => this.#note(place))
      .then(
        (failure) => void (this.#failure = failure),
        (error: unknown) => void (this.#failure = inWords(error)),
      )
      .finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** Notes the replica's place. Resolves to why it cannot answer, if it cannot. */
  async #note(place: ReplicaPlace | undefined): Promise<string | undefined> {
    if (!place?.is_replica) return "It is no replica: it is not in recovery";
    if (this.#identity === undefined) return "The primary has not answered yet";
    if (place.identity !== this.#identity) return "It is a replica of another database";
    const issue = await this.#migrationsIssue(place.migrations ?? []);
    if (issue !== undefined) return issue;
    this.#replayed = toWalPosition(place.position);
    const reached = this.#samples.findLastIndex(({ position }) => position <= this.#replayed);
    // One that was restarted may be before all of them.
    this.#caughtUpAt = this.#samples[reached]?.at ?? -Infinity;
    // The place that it has reached stays: the primary may be there for long.
    if (reached > 0) this.#samples.splice(0, reached);
    return undefined;
  }

  async #migrationsIssue(names: string[]): Promise<string | undefined> {
    const text = names.join();
    if (text !== this.#migrations.names) this.#migrations = { names: text, issue: await findMigrationsIssue(names) };
    return this.#migrations.issue;
  }

  #isFresh(): boolean {
    return performance.now() - this.#caughtUpAt <= this.#options.lagMsMax;
  }

  /** Ends the reads of a replica that has said nothing for as long as it may lag: the primary answers them. */
  #endHungReads(): void {
    if (this.#failure === undefined || this.#isFresh()) return;
    for (const reject of this.#reading) reject(new Error(`The replica has hung: ${this.#failure}`));
  }

  #tell(): void {
    const { status } = this;
    const now = performance.now();
    if (status.state === this.#told.state || now - this.#told.at < tellMs || this.#isClosed) return;
    this.#told = { state: status.state, at: now };
    this.#options.onChange(status);
  }
}

function inWords(error: unknown): string {
  const code = error instanceof Error && "code" in error ? `${String(error.code)}: ` : "";
  return `${code}${error instanceof Error ? error.message : String(error)}`;
}
