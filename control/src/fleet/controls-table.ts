import type { Queryable } from '../store/database.js';

/** A control process as it is written. */
export interface ControlRecord {
  controlId: string;
  /** Where the fleet reaches it, `host:port`. */
  fleetAddress: string;
  /** What links begin with there; null: what a request came to. */
  origin: string | null;
  region: string;
}

export interface ControlsTable {
  /** This process is there. */
  enter(own: ControlRecord, at: Date): Promise<void>;
  beat(controlId: string, at: Date): Promise<void>;
  /** All that said so since. */
  list(since: Date): Promise<(ControlRecord & { beatAt: Date })[]>;
  find(controlId: string, since: Date): Promise<ControlRecord | null>;
  leave(controlId: string): Promise<void>;
}

const columns = `control_id as "controlId", fleet_address as "fleetAddress", origin, region,
  beat_at as "beatAt"`;

export function controlsTable(database: Queryable): ControlsTable {
  const read = (where: string, values: unknown[]) =>
    database.query<ControlRecord & { beatAt: Date }>(
      `select ${columns} from control_processes where ${where}`,
      values,
    );
  return {
    async enter({ controlId, fleetAddress, origin, region }, at) {
      await database.query(
        `insert into control_processes (control_id, fleet_address, origin, region, started_at, beat_at)
         values ($1, $2, $3, $4, $5, $5)`,
        [controlId, fleetAddress, origin, region, at],
      );
    },
    async beat(controlId, at) {
      await database.query('update control_processes set beat_at = $2 where control_id = $1', [
        controlId,
        at,
      ]);
    },
    list: (since) => read('beat_at > $1', [since]),
    async find(controlId, since) {
      return (await read('control_id = $1 and beat_at > $2', [controlId, since]))[0] ?? null;
    },
    async leave(controlId) {
      await database.query('delete from control_processes where control_id = $1', [controlId]);
    },
  };
}
