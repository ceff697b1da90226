import type { Plant } from './plants.js';
import type { Transaction } from './tables.js';

export interface StatementContext {
  isPlanted: (plant: Plant) => boolean;
  /** By the server's clock. */
  now: () => Date;
}

/** What a statement answers, in a transaction; it may wait for locks. */
export type Execute = (
  tx: Transaction,
  values: readonly unknown[],
  context: StatementContext,
) => Promise<object[]>;

export function normalised(sql: string): string {
  return sql.replace(/\s+/g, ' ').trim();
}
