/** A row is never changed: another one takes its place. */
export type Row = Readonly<Record<string, unknown>>;

export const tableNames = [
  'rooms',
  'participants',
  'events',
  'messages',
  'commands',
  'controls',
  'nodes',
] as const;
export type TableName = (typeof tableNames)[number];

export interface Change {
  table: TableName;
  key: string;
  before: Row | undefined;
  after: Row;
}

/** What is committed. */
export class Tables {
  private readonly committed = new Map<TableName, Map<string, Row>>(
    tableNames.map((name) => [name, new Map()]),
  );

  table(name: TableName): ReadonlyMap<string, Row> {
    return this.committed.get(name) as Map<string, Row>;
  }

  apply(changes: readonly Change[]): void {
    for (const { table, key, after } of changes) {
      const rows = this.committed.get(table) as Map<string, Row>;
      if (after.isDeleted) rows.delete(key);
      else rows.set(key, after);
    }
  }
}

/** Whoever holds a lock, and who waits for it. */
export class Locks {
  private readonly holders = new Map<string, { by: object; waiting: [object, () => void][] }>();

  async take(key: string, by: object): Promise<void> {
    const held = this.holders.get(key);
    if (held === undefined) this.holders.set(key, { by, waiting: [] });
    else if (held.by !== by) await new Promise<void>((go) => held.waiting.push([by, go]));
  }

  release(by: object): void {
    for (const [key, held] of this.holders) {
      held.waiting = held.waiting.filter(([one]) => one !== by);
      if (held.by !== by) continue;
      const next = held.waiting.shift();
      if (next === undefined) this.holders.delete(key);
      else {
        held.by = next[0];
        next[1]();
      }
    }
  }
}

/** What one transaction sees (read committed) and has written. */
export class Transaction {
  private readonly written = new Map<string, Change>();

  constructor(
    private readonly tables: Tables,
    private readonly locks: Locks,
    /** Which process's. */
    readonly owner: string,
  ) {}

  get changes(): Change[] {
    return [...this.written.values()];
  }

  lock(table: TableName, key: string): Promise<void> {
    return this.locks.take(`${table} ${key}`, this);
  }

  release(): void {
    this.locks.release(this);
  }

  get(table: TableName, key: string): Row | undefined {
    const own = this.written.get(`${table} ${key}`);
    return own === undefined ? this.tables.table(table).get(key) : own.after;
  }

  /** Those of which it holds. */
  where(table: TableName, holds: (row: Row) => boolean): Row[] {
    const keys = new Set(this.tables.table(table).keys());
    for (const change of this.written.values()) if (change.table === table) keys.add(change.key);
    return [...keys]
      .map((key) => this.get(table, key) as Row)
      .filter((row) => !row.isDeleted && holds(row));
  }

  put(table: TableName, key: string, after: Row): void {
    const before = this.tables.table(table).get(key);
    this.written.set(`${table} ${key}`, { table, key, before, after });
  }

  change(table: TableName, key: string, fields: Record<string, unknown>): void {
    this.put(table, key, { ...(this.get(table, key) as Row), ...fields });
  }
}
