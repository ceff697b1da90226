import pg from 'pg';
import { systemClock } from '../clock.js';
import { ControlError } from '../control-error.js';
import { Deadlines } from './deadlines.js';
import { isSilence, probeServer } from './probe-server.js';
import { Reach } from './reach.js';

/** PostgreSQL counts in 64 bits; our counters stay far below 2^53. */
const int8 = 20;
pg.types.setTypeParser(int8, Number);

/**
 * In memory of their own: the library's bytes are cut from Node's pool, and a hash of 32 that is kept
 * for as long as somebody is in a room would keep 64 KiB.
 */
const bytea = 17;
pg.types.setTypeParser(bytea, (text) => {
  const bytes = Buffer.allocUnsafeSlow((text.length - 2) / 2);
  bytes.write(text.slice(2), 'hex');
  return bytes;
});

export type Row = Record<string, unknown>;

/** Runs statements: the database itself, or one transaction of it. */
export interface Queryable {
  query<Result extends object = Row>(sql: string, values?: unknown[]): Promise<Result[]>;
}

export interface DatabaseAddress {
  /** `postgres://…`, or the folder of a Unix socket with the user and database names. */
  connectionString?: string;
  host?: string;
  port?: number;
  user?: string;
  database?: string;
}

export interface DatabaseOptions {
  connections?: number;
  /**
   * How long a statement may take before its connection is given up; null: as long as it takes. Counted
   * here, as PgBouncer hands no setting of ours on.
   */
  patienceMs?: number | null;
}

/** For what nobody waits for: migrations and the sweeping of many rows take their time. */
export const maintenance: DatabaseOptions = { connections: 1, patienceMs: null };

/** More than any statement takes that somebody waits for. */
const usualPatienceMs = 30_000;
/** Longer than nearly all take: then the server is asked whether it is there. */
const suspectAfterMs = 1000;
/** A peer that is silent is asked whether it is there; after ten more seconds it is not. */
const keepAliveMs = 10_000;

/**
 * A pool of connections, fit for PgBouncer's transaction pooling: no session state, no LISTEN, no
 * named prepared statements. Errors: `dependency_down` when the server cannot be reached or does not
 * answer in time: then nobody knows what became of the statement. While it is away (`isAway`) whoever
 * asks is refused at once, and whoever waits is given up.
 */
export class Database implements Queryable {
  private pool: pg.Pool;
  private readonly deadlines: Deadlines;
  private readonly suspicions: Deadlines;
  private readonly reach: Reach;
  private readonly waiting = new Set<() => void>();
  private closed: Promise<void> | null = null;

  constructor(
    private readonly address: DatabaseAddress,
    private readonly options: DatabaseOptions = {},
  ) {
    const { patienceMs = usualPatienceMs } = options;
    this.pool = this.openPool();
    this.deadlines = new Deadlines(patienceMs);
    this.suspicions = new Deadlines(patienceMs === null ? null : suspectAfterMs);
    this.reach = new Reach({
      clock: systemClock,
      probe: () => probeServer(address),
      isSilence,
      lost: () => this.giveUp(),
    });
  }

  /** It cannot be reached, as far as is known. */
  get isAway(): boolean {
    return this.reach.isAway;
  }

  /** @returns calls it off. */
  onBack(listener: () => void): () => void {
    return this.reach.onBack(listener);
  }

  private openPool(): pg.Pool {
    const pool = new pg.Pool({
      ...this.address,
      max: this.options.connections ?? 10,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
      application_name: 'plenum',
    });
    // A connection that breaks is replaced, and whoever uses it learns of it by the statement that
    // fails. The pool listens to idle ones only: an error of a client that nobody hears ends the
    // process.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    return pool;
  }

  /** Whoever waits, and every connection: the server that comes back may be another. */
  private giveUp(): void {
    const former = this.pool;
    this.pool = this.openPool();
    for (const one of [...this.waiting]) one();
    former.end().catch(() => {});
  }

  async query<Result extends object = Row>(sql: string, values?: unknown[]): Promise<Result[]> {
    const client = await this.connect();
    let broken: Error | undefined;
    try {
      return await this.ask<Result>(client, sql, values);
    } catch (error) {
      if (this.breaks(error)) broken = error as Error;
      throw translate(error);
    } finally {
      client.release(broken);
    }
  }

  /** Runs `work` in one transaction: committed when it resolves, undone when it rejects. */
  async transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result> {
    const client = await this.connect();
    let broken: Error | undefined;
    try {
      await this.ask(client, 'begin');
      const result = await work({ query: (sql, values) => this.ask(client, sql, values) });
      await this.ask(client, 'commit');
      return result;
    } catch (error) {
      // Who does not answer is not asked to undo it: with its connection the transaction ends.
      if (this.breaks(error)) broken = error as Error;
      else {
        await this.ask(client, 'rollback').catch((failure: Error) => {
          broken = failure;
        });
      }
      throw translate(error);
    } finally {
      client.release(broken);
    }
  }

  /** Idempotent. Waits for the statements that run. */
  close(): Promise<void> {
    this.reach.stop();
    this.closed ??= this.pool.end().finally(() => {
      this.deadlines.close();
      this.suspicions.close();
    });
    return this.closed;
  }

  private connect(): Promise<pg.PoolClient> {
    if (this.isAway) return Promise.reject(down());
    return new Promise((resolve, reject) => {
      const answered = this.wait(() => reject(down()));
      this.pool.connect((error, client) => {
        const isWaitedFor = answered();
        if (client === undefined) {
          this.breaks(error);
          reject(translate(error));
        } else if (isWaitedFor) resolve(client);
        else client.release(true);
      });
    });
  }

  /** Whether an error is of the connection: then it is looked whether the server is there at all. */
  private breaks(error: unknown): boolean {
    const isBroken = isUnreachable(error);
    if (isBroken) this.reach.doubt();
    return isBroken;
  }

  /** @returns to be called once it was answered: whether it was still waited for. */
  private wait(giveUp: () => void): () => boolean {
    const trust = this.suspicions.begin(() => this.reach.doubt());
    this.waiting.add(giveUp);
    return () => {
      trust();
      return this.waiting.delete(giveUp);
    };
  }

  /** @throws what the library does, with a trace that leads to who asks and not to the socket. */
  private async ask<Result extends object>(
    client: pg.PoolClient,
    sql: string,
    values?: unknown[],
  ): Promise<Result[]> {
    try {
      return await this.send<Result>(client, sql, values);
    } catch (error) {
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    }
  }

  /**
   * By callback, and without the library's timeout: with its promises or its timers whatever belongs to
   * a statement holds on to the next one's, so that all of them wait for V8's next full collection.
   */
  private send<Result extends object>(
    client: pg.PoolClient,
    sql: string,
    values: unknown[] = [],
  ): Promise<Result[]> {
    if (this.isAway) return Promise.reject(down());
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(new Error('timeout expired'));
      const answered = this.deadlines.begin(giveUp);
      const noted = this.wait(giveUp);
      client.query(sql, values, (error: Error | null, result: pg.QueryResult) => {
        answered();
        noted();
        if (error) reject(error);
        else resolve(result.rows as Result[]);
      });
    });
  }
}

/**
 * SQLSTATE class 08: connection; 57P01–57P03: shut down or starting; 53300: no slot; 25006: a standby,
 * by now.
 */
const unreachableStates = /^(08...|57P0[123]|53300|25006)$/;
const unreachableSystemErrors = /^(ECONN|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND)/;
const unreachableMessages =
  /^(Connection terminated|timeout (exceeded|expired)|Cannot use a pool|Client (has|was) .* queryable)/;

export function isUnreachable(error: unknown): boolean {
  if (error instanceof ControlError) return error.code === 'dependency_down';
  if (!(error instanceof Error)) return false;
  const code = String((error as { code?: unknown }).code ?? '');
  return (
    unreachableStates.test(code) ||
    unreachableSystemErrors.test(code) ||
    unreachableMessages.test(error.message)
  );
}

/** SQLSTATE for text that holds U+0000, which no column takes: as bytes, and inside of JSON. */
const unstorable = ['22021', '22P05'];

function translate(error: unknown): unknown {
  if (unstorable.includes(String((error as { code?: unknown }).code))) {
    return new ControlError('bad_request', 'Text must not hold the character U+0000.');
  }
  if (error instanceof ControlError || !isUnreachable(error)) return error;
  return down();
}

function down(): ControlError {
  return new ControlError('dependency_down', 'The database cannot be reached.', {
    retryAfterMs: 1000,
  });
}
