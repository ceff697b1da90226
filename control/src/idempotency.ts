import type { Clock } from './clock.js';
import { ControlError } from './control-error.js';
import type { KeyRing } from './keys/key-ring.js';
import type { Database, Queryable } from './store/database.js';

export interface CreatingRequest {
  /** Route and principal: the same key means nothing elsewhere. */
  scope: string;
  /** The client's Idempotency-Key. */
  key: string;
  payload: unknown;
}

export interface Answer<Body> {
  status: number;
  body: Body;
}

export interface GivenAnswer<Body> extends Answer<Body> {
  replayed: boolean;
}

interface StoredAnswer {
  request_hash: Buffer;
  status: number;
  response: Buffer;
}

const keptMs = 86_400_000;

/**
 * Makes creating requests safe to repeat (draft-ietf-httpapi-idempotency-key-header-07): the answer
 * is stored, sealed, in the transaction of its effect. Errors: `idempotency_mismatch` when the key
 * was used for something else, `conflict` while the first request still runs.
 */
export class Idempotency {
  /** Keys that run in this process: their repeats take no connection. */
  private readonly running = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly clock: Clock,
  ) {}

  /** The stored answer, null when there is none yet: lets a repeat pass before rules are asked. */
  async replay<Body>(request: CreatingRequest): Promise<GivenAnswer<Body> | null> {
    return this.find(this.database, request);
  }

  /** Runs `effect` in a transaction, once per key. A refusal thrown by it is not stored. */
  async run<Body>(
    request: CreatingRequest,
    effect: (tx: Queryable) => Promise<Answer<Body>>,
  ): Promise<GivenAnswer<Body>> {
    const name = nameOf(request);
    if (this.running.has(name)) throw stillRuns();
    this.running.add(name);
    try {
      return await this.database.transaction(async (tx) => {
        await this.lock(tx, request);
        const stored = await this.find<Body>(tx, request);
        if (stored !== null) return stored;
        const answer = await effect(tx);
        await this.store(tx, request, answer);
        return { ...answer, replayed: false };
      });
    } finally {
      this.running.delete(name);
    }
  }

  /**
   * For an effect in a transaction of another's: writes `answer`, unless there is one already, which
   * is returned (then the transaction has to be undone). @throws ControlError as `run`.
   */
  async answer<Body>(
    tx: Queryable,
    request: CreatingRequest,
    answer: Answer<Body>,
  ): Promise<GivenAnswer<Body> | null> {
    await this.lock(tx, request);
    const stored = await this.find<Body>(tx, request);
    if (stored === null) await this.store(tx, request, answer);
    return stored;
  }

  private async lock(tx: Queryable, request: CreatingRequest): Promise<void> {
    const [row] = await tx.query<{ locked: boolean }>(
      'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as locked',
      [nameOf(request)],
    );
    if (row?.locked !== true) throw stillRuns();
  }

  private async find<Body>(
    from: Queryable,
    request: CreatingRequest,
  ): Promise<GivenAnswer<Body> | null> {
    const [row] = await from.query<StoredAnswer>(
      `select request_hash, status, response from idempotency_keys
       where scope = $1 and key = $2 and created_at > $3`,
      [request.scope, request.key, new Date(this.clock.now() - keptMs)],
    );
    if (row === undefined) return null;
    if (!row.request_hash.equals(this.hash(request))) {
      throw new ControlError(
        'idempotency_mismatch',
        'This Idempotency-Key was used with another request body.',
      );
    }
    const body = JSON.parse(this.keys.unseal(row.response, contextOf(request))) as Body;
    return { status: row.status, body, replayed: true };
  }

  private async store(tx: Queryable, request: CreatingRequest, answer: Answer<unknown>) {
    await tx.query(
      `insert into idempotency_keys (scope, key, request_hash, status, response, created_at)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (scope, key) do update set request_hash = excluded.request_hash,
         status = excluded.status, response = excluded.response, created_at = excluded.created_at`,
      [
        request.scope,
        request.key,
        this.hash(request),
        answer.status,
        this.keys.seal(JSON.stringify(answer.body), contextOf(request)),
        new Date(this.clock.now()),
      ],
    );
  }

  /**
   * The order of the members is the client's: a repeat sends the same bytes again. Keyed, since a
   * payload may hold a password.
   */
  private hash({ payload }: CreatingRequest): Buffer {
    return this.keys.fingerprint(JSON.stringify(payload), 'idempotency');
  }
}

function nameOf({ scope, key }: CreatingRequest): string {
  return `${scope} ${key}`;
}

function stillRuns(): ControlError {
  return new ControlError('conflict', 'A request with this Idempotency-Key still runs.', {
    retryAfterMs: 1000,
  });
}

function contextOf(request: CreatingRequest): string {
  return `idempotency ${nameOf(request)}`;
}
