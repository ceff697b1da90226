import type { Clock } from './clock.js';
import { ControlError } from './control-error.js';
import type { KeyRing } from './keys/key-ring.js';
import type { Database, Queryable } from './store/database.js';
import { Gatherer } from './store/gatherer.js';

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

/** A request and what it will be answered, once that is written. */
export interface Claim {
  request: CreatingRequest;
  answer: Answer<unknown>;
}

interface StoredAnswer {
  scope: string;
  key: string;
  request_hash: Buffer;
  status: number;
  response: Buffer;
}

/** An answer as JSON: written when the database is there again. */
export interface KeptAnswer {
  scope: string;
  key: string;
  status: number;
  /** Hexadecimal, both. */
  requestHash: string;
  response: string;
  /** Milliseconds since 1970. */
  at: number;
}

const keptMs = 86_400_000;
/** Answers that were given while the database was away: of older ones it has to know. */
const maxKept = 10_000;
/** Of a fingerprint: HMAC-SHA256. */
const hashBytes = 32;

/**
 * Makes creating requests safe to repeat (draft-ietf-httpapi-idempotency-key-header-07): the answer
 * is stored, sealed, in the transaction of its effect. Errors: `idempotency_mismatch` when the key
 * was used for something else, `conflict` while the first request still runs.
 */
export class Idempotency {
  /** Keys that run in this process: their repeats take no connection. */
  private readonly running = new Set<string>();
  /** Given while the database was away, by name. */
  private readonly kept = new Map<string, StoredAnswer>();
  private readonly replays: Gatherer<CreatingRequest, StoredAnswer | null>;

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly clock: Clock,
  ) {
    this.replays = new Gatherer((requests) => this.findAll(database, requests));
  }

  /** The stored answer, null when there is none yet: lets a repeat pass before rules are asked. */
  async replay<Body>(request: CreatingRequest): Promise<GivenAnswer<Body> | null> {
    const kept = this.kept.get(nameOf(request));
    return this.open(request, kept ?? (await this.replays.add(request)));
  }

  /**
   * As `write`, while the database is away: repeats are answered from here, until that has it.
   * @param keep makes answer and effect durable.
   */
  async keep<Body>(
    request: CreatingRequest,
    { status, body }: Answer<Body>,
    keep: (answer: KeptAnswer) => Promise<void>,
  ): Promise<GivenAnswer<Body>> {
    const { scope, key } = request;
    const hash = this.hash(request);
    const response = this.keys.seal(JSON.stringify(body), contextOf(request));
    const bytes = { requestHash: hash.toString('hex'), response: response.toString('hex') };
    await this.alone(request, () => keep({ scope, key, status, ...bytes, at: this.clock.now() }));
    const [oldest] = this.kept.keys();
    if (this.kept.size >= maxKept && oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(nameOf(request), { scope, key, request_hash: hash, status, response });
    return { status, body, replayed: false };
  }

  /** Runs `effect` in a transaction, once per key. A refusal thrown by it is not stored. */
  run<Body>(
    request: CreatingRequest,
    effect: (tx: Queryable) => Promise<Answer<Body>>,
  ): Promise<GivenAnswer<Body>> {
    return this.alone(request, () =>
      this.database.transaction(async (tx) => {
        await this.lock(tx, request);
        const stored = await this.find<Body>(tx, request);
        if (stored !== null) return stored;
        const answer = await effect(tx);
        await this.claim(tx, [{ request, answer }]);
        return { ...answer, replayed: false };
      }),
    );
  }

  /**
   * As `run`, for an answer that is known before its effect: with fewer statements. A repeat that comes
   * to another process meanwhile waits for the first.
   */
  async write<Body>(
    request: CreatingRequest,
    answer: Answer<Body>,
    effect: (tx: Queryable) => Promise<void>,
  ): Promise<GivenAnswer<Body>> {
    const isOurs = await this.alone(request, () =>
      this.database.transaction(async (tx) => {
        const [claimed = false] = await this.claim(tx, [{ request, answer }]);
        if (claimed) await effect(tx);
        return claimed;
      }),
    );
    return isOurs ? { ...answer, replayed: false } : this.written(request);
  }

  /** The answer that another transaction has written. @throws ControlError as `run`. */
  async written<Body>(request: CreatingRequest): Promise<GivenAnswer<Body>> {
    const stored = await this.replay<Body>(request);
    if (stored === null) throw stillRuns();
    return stored;
  }

  /** Does `work` unless that key is at work in this process already. @throws ControlError `conflict`. */
  async alone<Result>(request: CreatingRequest, work: () => Promise<Result>): Promise<Result> {
    const name = nameOf(request);
    if (this.running.has(name)) throw stillRuns();
    this.running.add(name);
    try {
      return await work();
    } finally {
      this.running.delete(name);
    }
  }

  /**
   * For the effects of many requests in one transaction: writes the answer of each whose key has none.
   * Where another transaction writes one just now, its end is waited for. In the order of the keys, so
   * that two who claim the same ones do not wait in a circle.
   * @returns for each whether its answer was written. If not its effect must not be: `replay` it.
   */
  async claim(tx: Queryable, claims: readonly Claim[]): Promise<boolean[]> {
    const now = this.clock.now();
    const { bytes, starts, sizes } = this.packed(claims);
    const rows = await tx.query<{ scope: string; key: string }>(
      `insert into idempotency_keys as k (scope, key, request_hash, status, response, created_at)
       select w.scope, w.key, substr($4::bytea, w.start, ${hashBytes}), w.status,
         substr($4::bytea, w.start + ${hashBytes}, w.size), $7
       from unnest($1::text[], $2::text[], $3::int[], $5::int[], $6::int[])
         as w (scope, key, status, start, size)
       order by w.scope, w.key
       on conflict (scope, key) do update set request_hash = excluded.request_hash,
         status = excluded.status, response = excluded.response, created_at = excluded.created_at
         where k.created_at <= $8
       returning scope, key`,
      [
        claims.map(({ request }) => request.scope),
        claims.map(({ request }) => request.key),
        claims.map(({ answer }) => answer.status),
        bytes,
        starts,
        sizes,
        new Date(now),
        new Date(now - keptMs),
      ],
    );
    const written = new Set(rows.map(nameOf));
    return claims.map(({ request }) => written.has(nameOf(request)));
  }

  /** Gives back what `claim` wrote in the same transaction: refusals are not stored. */
  async disclaim(tx: Queryable, requests: readonly CreatingRequest[]): Promise<void> {
    if (requests.length === 0) return;
    await tx.query(
      `delete from idempotency_keys k using unnest($1::text[], $2::text[]) as w (scope, key)
       where k.scope = w.scope and k.key = w.key`,
      [requests.map(({ scope }) => scope), requests.map(({ key }) => key)],
    );
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
    if (stored === null) await this.claim(tx, [{ request, answer }]);
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
    const [stored = null] = await this.findAll(from, [request]);
    return this.open(request, stored);
  }

  private async findAll(
    from: Queryable,
    requests: readonly CreatingRequest[],
  ): Promise<(StoredAnswer | null)[]> {
    const rows = await from.query<StoredAnswer>(
      `select k.scope, k.key, k.request_hash, k.status, k.response
       from unnest($1::text[], $2::text[]) as w (scope, key)
       join idempotency_keys k on k.scope = w.scope and k.key = w.key
       where k.created_at > $3`,
      [
        requests.map(({ scope }) => scope),
        requests.map(({ key }) => key),
        new Date(this.clock.now() - keptMs),
      ],
    );
    const byName = new Map(rows.map((row) => [nameOf(row), row]));
    return requests.map((request) => byName.get(nameOf(request)) ?? null);
  }

  private open<Body>(
    request: CreatingRequest,
    stored: StoredAnswer | null,
  ): GivenAnswer<Body> | null {
    if (stored === null) return null;
    if (!this.hashes(request).some((hash) => stored.request_hash.equals(hash))) {
      throw new ControlError(
        'idempotency_mismatch',
        'This Idempotency-Key was used with another request body.',
      );
    }
    const body = JSON.parse(this.keys.unseal(stored.response, contextOf(request))) as Body;
    return { status: stored.status, body, replayed: true };
  }

  /**
   * All hashes and sealed answers as one value, which goes to the database as it is: an array of bytes
   * would go as hexadecimal digits. The first byte is the 1st, as SQL counts.
   */
  private packed(claims: readonly Claim[]): { bytes: Buffer; starts: number[]; sizes: number[] } {
    const parts: Buffer[] = [];
    const starts: number[] = [];
    const sizes: number[] = [];
    let start = 1;
    for (const { request, answer } of claims) {
      const sealed = this.keys.seal(JSON.stringify(answer.body), contextOf(request));
      parts.push(this.hash(request), sealed);
      starts.push(start);
      sizes.push(sealed.length);
      start += hashBytes + sealed.length;
    }
    return { bytes: Buffer.concat(parts), starts, sizes };
  }

  /**
   * The order of the members is the client's: a repeat sends the same bytes again. Keyed, since a
   * payload may hold a password.
   */
  private hash({ payload }: CreatingRequest): Buffer {
    return this.keys.fingerprint(JSON.stringify(payload), 'idempotency');
  }

  /** Also under keys that were in use before. */
  private hashes({ payload }: CreatingRequest): Buffer[] {
    return this.keys.fingerprints(JSON.stringify(payload), 'idempotency');
  }
}

/** Unless there is one under its key. */
export async function writeAnswer(tx: Queryable, answer: KeptAnswer): Promise<void> {
  const { scope, key, requestHash, status, response, at } = answer;
  await tx.query(
    `insert into idempotency_keys (scope, key, request_hash, status, response, created_at)
     values ($1, $2, decode($3, 'hex'), $4, decode($5, 'hex'), $6) on conflict do nothing`,
    [scope, key, requestHash, status, response, new Date(at)],
  );
}

function nameOf({ scope, key }: { scope: string; key: string }): string {
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
