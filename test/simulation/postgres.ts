import { ControlError } from '../../control/src/control-error.js';
import type { Queryable, Row } from '../../control/src/store/database.js';
import type { Host } from './host.js';
import type { Network } from './network.js';
import type { SimSocket } from './socket.js';
import type { StatementContext } from './statement.js';
import { statementOf } from './statements.js';
import { type Change, Locks, Tables, Transaction } from './tables.js';

interface Asked {
  sql: string;
  values: unknown[];
}
type Answered = { rows: object[] } | { error: string };

/** Until the standby has it: then it is visible, and is answered. */
const [fastestCommitMs, slowestCommitMs] = [0.2, 4];
/** Of store/database.ts. */
const patienceMs = 30_000;

/**
 * Postgres as control meets it: read committed, row locks, a synchronous standby. When the primary
 * dies, what was acknowledged is there, and what was not may be.
 */
export class Postgres {
  readonly tables = new Tables();
  private locks = new Locks();
  private readonly committing = new Set<Transaction>();

  constructor(
    readonly host: Host,
    private readonly network: Network,
    private readonly context: StatementContext,
    private readonly committed: (owner: string, changes: readonly Change[]) => void,
  ) {}

  start(): void {
    this.host.start();
    this.locks = new Locks();
    this.network.listen(this.host, '/sql', (socket, headers) =>
      this.serve(socket, `${headers.host}`),
    );
    this.host.onEnd(() => {
      const { random } = this.host.world;
      for (const tx of this.committing) if (random.chance(0.5)) this.apply(tx);
      this.committing.clear();
    });
  }

  /** An operator's own change: of nodes, say. */
  change(table: Change['table'], key: string, after: Change['after']): void {
    this.tables.apply([{ table, key, before: undefined, after }]);
  }

  private serve(socket: SimSocket, owner: string): void {
    let open: Transaction | null = null;
    let last: Transaction | null = null;
    socket.on('message', ({ sql, values }: Asked) => {
      const tx = open ?? new Transaction(this.tables, this.locks, owner);
      last = tx;
      if (sql === 'begin') open = tx;
      const isLast = open === null || sql === 'commit' || sql === 'rollback';
      if (isLast) open = null;
      this.execute(tx, { sql, values }, isLast).then(
        (rows) => socket.send({ rows } satisfies Answered),
        (error: Error) => this.host.world.fail(error),
      );
    });
    // What is being committed goes on; anything else is undone.
    socket.on('close', () => {
      if (last !== null && !this.committing.has(last)) last.release();
    });
  }

  private async execute(
    tx: Transaction,
    { sql, values }: Asked,
    isLast: boolean,
  ): Promise<object[]> {
    if (sql === 'rollback') tx.release();
    if (sql === 'begin' || sql === 'rollback') return [];
    const rows = sql === 'commit' ? [] : await statementOf(sql)(tx, values, this.context);
    if (isLast) await this.commit(tx);
    return rows;
  }

  private async commit(tx: Transaction): Promise<void> {
    if (tx.changes.length === 0) {
      tx.release();
      return;
    }
    const { world } = this.host;
    this.committing.add(tx);
    const takes = world.random.between(fastestCommitMs, slowestCommitMs);
    await new Promise<void>((done) => {
      world.at(takes, done, this.host);
    });
    this.committing.delete(tx);
    this.apply(tx);
    tx.release();
  }

  private apply(tx: Transaction): void {
    const changes = tx.changes;
    this.committed(tx.owner, changes);
    this.tables.apply(changes);
  }
}

/** A process's connections to it, with the outcomes of `store/database.ts`. */
export class SimDatabase implements Queryable {
  private readonly idle: SimSocket[] = [];

  constructor(
    private readonly network: Network,
    private readonly host: Host,
    private readonly owner: string,
  ) {}

  async query<Result extends object = Row>(sql: string, values: unknown[] = []): Promise<Result[]> {
    const socket = await this.connect();
    const rows = await this.ask(socket, sql, values);
    this.idle.push(socket);
    return rows as Result[];
  }

  async transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result> {
    const socket = await this.connect();
    try {
      await this.ask(socket, 'begin');
      const query = (sql: string, values?: unknown[]) => this.ask(socket, sql, values) as never;
      const result = await work({ query });
      await this.ask(socket, 'commit');
      return result;
    } catch (error) {
      if (socket.readyState === socket.OPEN) await this.ask(socket, 'rollback').catch(() => {});
      throw error;
    } finally {
      this.idle.push(socket);
    }
  }

  /** Whoever asks finds out. */
  readonly isAway = false;

  onBack(): () => void {
    return () => {};
  }

  private connect(): Promise<SimSocket> {
    while (this.idle.length > 0) {
      const socket = this.idle.pop() as SimSocket;
      if (socket.readyState === socket.OPEN) return Promise.resolve(socket);
    }
    return new Promise((resolve, reject) => {
      const socket = this.network.open(this.host, 'postgres', '/sql', { host: this.owner });
      socket.on('error', () => {});
      socket.once('open', () => resolve(socket));
      socket.once('close', () => reject(unreachable()));
    });
  }

  private ask(socket: SimSocket, sql: string, values: unknown[] = []): Promise<object[]> {
    return new Promise((resolve, reject) => {
      const done = () => {
        cancel();
        socket.off('message', answered);
        socket.off('close', lost);
      };
      const answered = (answer: Answered) => {
        done();
        if ('rows' in answer) resolve(answer.rows);
        else reject(new Error(answer.error));
      };
      const lost = () => {
        done();
        reject(unreachable());
      };
      const cancel = this.host.world.at(patienceMs, () => socket.terminate(), this.host);
      socket.on('message', answered);
      socket.on('close', lost);
      if (socket.readyState === socket.OPEN) socket.send({ sql, values } satisfies Asked);
      else lost();
    });
  }
}

function unreachable(): ControlError {
  return new ControlError('dependency_down', 'The database cannot be reached.', {
    retryAfterMs: 1000,
  });
}
