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

/** By the clock of the database: those of two processes differ, and are not compared. */
export interface ControlsTable {
  /** This process is there. */
  enter(own: ControlRecord): Promise<void>;
  beat(controlId: string): Promise<void>;
  /** All that said so of late; others are not asked any more. */
  list(): Promise<(ControlRecord & { beatAt: Date })[]>;
  find(controlId: string): Promise<ControlRecord | null>;
  leave(controlId: string): Promise<void>;
}

const isOfLate = "beat_at > now() - interval '30 seconds'";
const columns = `control_id as "controlId", fleet_address as "fleetAddress", origin, region,
  beat_at as "beatAt"`;

export function controlsTable(database: Queryable): ControlsTable {
  const select = `select ${columns} from control_processes where ${isOfLate}`;
  return {
    async enter({ controlId, fleetAddress, origin, region }) {
      await database.query(
        `insert into control_processes (control_id, fleet_address, origin, region, started_at, beat_at)
         values ($1, $2, $3, $4, now(), now())`,
        [controlId, fleetAddress, origin, region],
      );
    },
    async beat(controlId) {
      await database.query('update control_processes set beat_at = now() where control_id = $1', [
        controlId,
      ]);
    },
    list: () => database.query<ControlRecord & { beatAt: Date }>(select),
    async find(controlId) {
      const found = `${select} and control_id = $1`;
      return (await database.query<ControlRecord>(found, [controlId]))[0] ?? null;
    },
    async leave(controlId) {
      await database.query('delete from control_processes where control_id = $1', [controlId]);
    },
  };
}
