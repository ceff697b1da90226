import fc from 'fast-check';
import t from 'tap';
import { v7 } from 'uuid';
import { dayOf } from '../../ids.js';
import type { Listed } from '../../schemas/http.js';
import { seedOf } from '../../testing/seed.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

/**
 * The slow twin of every list: a sorted array. Things are made and go away between the pages, also
 * such that sort before what was read; each page is what the array has behind the cursor.
 */

const server = await testServer(t);
const { services, database } = await testControl(t, await testDatabase(t, server));
const { meetings, ingestKeys, events } = services;

interface Place {
  limit: number;
  cursor?: string;
}

/** One kind of list; each case has one of its own, by `owner`. */
interface Kind {
  insert(owner: string, ids: readonly string[]): Promise<unknown>;
  /** Null: nothing ever goes away. */
  remove: ((owner: string, id: string) => Promise<unknown>) | null;
  page(owner: string, place: Place): Promise<Listed<string>>;
  order?: 'desc';
}

const idsOf = <Item>({ items, next_cursor }: Listed<Item>, name: keyof Item): Listed<string> => ({
  items: items.map((item) => String(item[name])),
  next_cursor,
});

const insertMeetings = (owner: string, ids: readonly string[]) =>
  database.query(
    `insert into meetings (day, meeting_id, host_id, meeting_url, kind, title, policy, created_at,
       updated_at)
     select day, id, $3, '/m/' || id, 'instant', '', '{}', now(), now()
     from unnest($1::date[], $2::uuid[]) as x(day, id)`,
    [ids.map(dayOf), ids, owner],
  );

const changeMeeting = (column: 'deleted_at' | 'ended_at') => (_owner: string, id: string) =>
  database.query(`update meetings set ${column} = now() where day = $1 and meeting_id = $2`, [
    dayOf(id),
    id,
  ]);

const revoke = (table: 'invites' | 'ingest_keys', name: string) => (owner: string, id: string) =>
  database.query(`update ${table} set revoked_at = now() where meeting_id = $1 and ${name} = $2`, [
    owner,
    id,
  ]);

const kinds: Record<string, Kind> = {
  meetings: {
    insert: insertMeetings,
    remove: changeMeeting('deleted_at'),
    page: async (owner, place) => idsOf(await meetings.list(owner, place), 'meeting_id'),
  },
  'open meetings': {
    insert: insertMeetings,
    remove: changeMeeting('ended_at'),
    page: async (owner, place) =>
      idsOf(await meetings.list(owner, { ...place, when: 'open' }), 'meeting_id'),
  },
  'meetings, the newest first': {
    insert: insertMeetings,
    remove: changeMeeting('deleted_at'),
    page: async (owner, place) =>
      idsOf(await meetings.list(owner, { ...place, order: 'desc' }), 'meeting_id'),
    order: 'desc',
  },
  invites: {
    insert: (owner, ids) =>
      database.query(
        `insert into invites (meeting_id, invite_id, role, secret_hash, created_at)
         select $1, id, 'viewer', uuid_send(id), now() from unnest($2::uuid[]) as x(id)`,
        [owner, ids],
      ),
    remove: revoke('invites', 'invite_id'),
    page: async (owner, place) => idsOf(await meetings.invites.list(owner, place), 'invite_id'),
  },
  'ingest keys': {
    insert: (owner, ids) =>
      database.query(
        `insert into ingest_keys (meeting_id, ingest_key_id, scope, display_name, secret_hash,
           expires_at, created_at)
         select $1, id, 'view', 'x', uuid_send(id), now(), now() from unnest($2::uuid[]) as x(id)`,
        [owner, ids],
      ),
    remove: revoke('ingest_keys', 'ingest_key_id'),
    page: async (owner, place) => idsOf(await ingestKeys.list(owner, place), 'ingest_key_id'),
  },
  rooms: {
    insert: (owner, ids) =>
      database.query(
        `insert into rooms (meeting_id, room_id, epoch, opened_at, closed_at)
         select $1, id, 1, now(), now() from unnest($2::uuid[]) as x(id)`,
        [owner, ids],
      ),
    remove: null,
    page: async (owner, place) => idsOf(await events.rooms(owner, place), 'room_id'),
  },
};

type Step =
  | { act: 'insert'; offsets: number[] }
  | { act: 'remove'; at: number }
  | { act: 'page'; limit: number };

const offset = fc.integer({ min: 0, max: 1000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    act: fc.constant('insert' as const),
    offsets: fc.array(offset, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ act: fc.constant('remove' as const), at: fc.nat() }),
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('page' as const),
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
);

const example = fc.record({
  kind: fc.constantFrom(...Object.keys(kinds)),
  first: fc.array(offset, { maxLength: 12 }),
  steps: fc.array(step, { maxLength: 14 }),
});

const start = Date.now();
/** Within one second of each other, also in the same millisecond: order is of the whole id. */
const idAt = (at: number) => v7({ msecs: start + at });

class Reading {
  private readonly owner = idAt(0);
  private alive: string[] = [];
  private readonly seen: string[] = [];
  private cursor: string | null | undefined;
  /** There from before the first page to behind the last one. */
  private readonly stable: Set<string>;

  constructor(
    private readonly kind: Kind,
    private readonly first: readonly string[],
  ) {
    this.stable = new Set(first);
  }

  async run(steps: readonly Step[]): Promise<void> {
    await this.insert(this.first);
    for (const one of steps) {
      if (one.act === 'insert') await this.insert(one.offsets.map(idAt));
      else if (one.act === 'remove') await this.remove(one.at);
      else await this.page(one.limit);
    }
    for (let pages = 0; this.cursor !== null; pages++) {
      if (pages > 100) throw new Error('the list does not end');
      await this.page(3);
    }
    if (new Set(this.seen).size !== this.seen.length) throw new Error('an item was shown twice');
    for (const id of this.stable) {
      if (!this.seen.includes(id)) throw new Error('an item that stayed was missed');
    }
  }

  private async insert(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.kind.insert(this.owner, ids);
    this.alive = [...this.alive, ...ids].sort();
  }

  private async remove(at: number): Promise<void> {
    const id = this.alive[at % this.alive.length];
    if (id === undefined || this.kind.remove === null) return;
    await this.kind.remove(this.owner, id);
    this.alive = this.alive.filter((one) => one !== id);
    this.stable.delete(id);
  }

  /** Of the array, in the order of the list. */
  private behind(last: string | undefined): string[] {
    if (this.kind.order !== 'desc') return this.alive.filter((id) => !last || id > last);
    return this.alive.filter((id) => !last || id < last).reverse();
  }

  private async page(limit: number): Promise<void> {
    if (this.cursor === null) return;
    const { cursor } = this;
    const place = cursor === undefined ? { limit } : { limit, cursor };
    const page = await this.kind.page(this.owner, place);
    const behind = this.behind(this.seen.at(-1));
    const items = behind.slice(0, limit);
    const mark = this.kind.order === 'desc' ? 'desc.' : '';
    const next_cursor = behind.length > limit ? `${mark}${items.at(-1)}` : null;
    const expected = { items, next_cursor };
    if (JSON.stringify(page) !== JSON.stringify(expected)) {
      throw new Error(`${JSON.stringify(page)} instead of ${JSON.stringify(expected)}`);
    }
    this.seen.push(...page.items);
    this.cursor = page.next_cursor;
  }
}

t.test('pages of every list: none twice, none missed, while others come and go', async (t) => {
  const seed = seedOf(t);
  let runs = 0;
  const property = fc.asyncProperty(example, async ({ kind, first, steps }) => {
    runs += 1;
    await new Reading(kinds[kind] as Kind, first.map(idAt)).run(steps);
  });
  await fc.assert(property, { seed, numRuns: 1000 });
  t.ok(runs >= 1000);
});
