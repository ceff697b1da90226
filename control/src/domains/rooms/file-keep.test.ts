/** The database is away, processes die: what was acknowledged is written once, in its order. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../../clock.js';
import { systemIds } from '../../ids.js';
import type { Database } from '../../store/database.js';
import { Effects, effectKind } from '../../store/effects.js';
import { seedOf } from '../../testing/seed.js';
import { testDatabase, testFolder, testServer } from '../../testing/test-database.js';
import { eventually } from '../../testing/test-redis.js';
import { testWay } from '../../testing/test-way.js';
import { FileKeep, noSecond } from './file-keep.js';
import { type JournalEntry, RoomJournal, type RoomKey } from './journal.js';
import { JournalWriter } from './journal-writer.js';
import { insertRoom, type RoomRecord, takeRoom } from './repository.js';

const server = await testServer(t);
const ids = systemIds(systemClock);
const deaf = { lost: () => {}, written: () => {} };
const noted = effectKind<{ note: string }>('noted', async (tx, { note }) => {
  await tx.query('insert into notes values ($1)', [note]);
});
const lasting = effectKind<{ note: string }>(
  'lasting',
  async (tx, { note }) => {
    await tx.query('insert into notes values ($1)', [note]);
  },
  { isLasting: true },
);
const writer = new JournalWriter(new Effects([noted, lasting]));

interface Life {
  controlId: string;
  keep: FileKeep;
  log: string[];
}

/** A process, as far as its journals go. */
function begin(database: Database, folder: string, second = noSecond): Life {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  const controlId = ids.next();
  const keep = new FileKeep({ database, writer, folder, controlId, second, log });
  return { controlId, keep, log: lines };
}

async function openRoom(database: Database, { controlId }: Life): Promise<RoomKey> {
  const meetingId = ids.next();
  const room = { meetingId, roomId: ids.next(), controlId, nodeId: 'test', at: new Date() };
  const { roomId, epoch } = (await insertRoom(database, room)) as RoomRecord;
  return { meetingId, roomId, epoch };
}

const journalOf = (database: Database, { keep }: Life, key: RoomKey, listener = deaf) =>
  new RoomJournal({ database, clock: systemClock, writer, keep }, key, listener);

function entry(type: string, also: Partial<JournalEntry> = {}): JournalEntry {
  const at = systemClock.now();
  return { eventId: ids.next(), type, participantId: null, payload: {}, at, ...also };
}

const noting = (note: string) => entry(note, { effects: [noted({ note })] });

async function written(database: Database, key: RoomKey) {
  const log = await database.query<{ seq: number; type: string }>(
    'select seq, type from events where room_id = $1 order by seq',
    [key.roomId],
  );
  const notes = await database.query<{ note: string }>('select note from notes');
  return { log, types: log.map(({ type }) => type), notes: notes.map(({ note }) => note) };
}

async function prepared(t: Test) {
  const direct = await testDatabase(t, server);
  await direct.query('create table notes (note text primary key)');
  const way = await testWay(t, server, direct);
  return { direct, way, database: way.open(), folder: testFolder(t) };
}

t.test('what is said while it is away counts at once, and is written at its return', async (t) => {
  const { direct, way, database, folder } = await prepared(t);
  const life = begin(database, folder);
  const key = await openRoom(database, life);
  const journal = journalOf(database, life, key);
  await journal.append(noting('before'));
  await way.break();
  const told: string[] = [];
  const committed = () => told.push('told');
  await journal.append({ ...noting('one'), committed });
  await Promise.all(['two', 'three'].map((note) => journal.append(noting(note))));
  t.strictSame(told, ['told'], 'and is shown');
  t.equal(database.isAway, true);
  t.strictSame((await written(direct, key)).types, ['before']);
  let isRefused = false;
  const asking = journal.append(
    entry('asks', {
      within: async () => {
        isRefused = true;
      },
    }),
  );
  await journal.append(noting('four'));
  t.equal(isRefused, false, 'what only the database can say waits');
  await way.mend();
  await asking;
  await journal.append(noting('after'));
  const { log, types, notes } = await written(direct, key);
  t.strictSame(types, ['before', 'one', 'two', 'three', 'four', 'asks', 'after']);
  t.strictSame(
    log.map(({ seq }) => seq),
    [1, 2, 3, 4, 5, 6, 7],
  );
  t.strictSame(notes.sort(), ['after', 'before', 'four', 'one', 'three', 'two']);
  t.equal(life.keep.size, 0);
  await life.keep.close();
  const [file] = readdirSync(folder);
  t.equal(readFileSync(join(folder, file as string)).length, 0, 'nothing is kept any more');
});

t.test('when all that was kept is written, it goes on as before', async (t) => {
  const { direct, way, database, folder } = await prepared(t);
  const life = begin(database, folder);
  const key = await openRoom(database, life);
  const journal = journalOf(database, life, key);
  for (const note of ['one', 'two', 'three']) {
    await way.break();
    await journal.append(noting(`${note} kept`));
    await way.mend();
    await eventually('it is written', async () => life.keep.size === 0 || undefined);
    await journal.settled();
    await journal.append(noting(note));
  }
  const { types } = await written(direct, key);
  t.strictSame(types, ['one kept', 'one', 'two kept', 'two', 'three kept', 'three']);
});

t.test('a process that dies meanwhile has lost nothing', async (t) => {
  const { direct, way, database, folder } = await prepared(t);
  const life = begin(database, folder);
  const key = await openRoom(database, life);
  await way.break();
  await journalOf(database, life, key).append(noting('kept'));
  await life.keep.close();
  const unplugged = database.close();
  await way.mend();
  const next = begin(way.open(), folder);
  await next.keep.recover();
  t.strictSame((await written(direct, key)).types, ['kept']);
  t.strictSame(readdirSync(folder), []);
  await unplugged;
});

t.test('a record that was cut short is none, and damage costs what is damaged', async (t) => {
  const { direct, way, database, folder } = await prepared(t);
  const life = begin(database, folder);
  const key = await openRoom(database, life);
  const journal = journalOf(database, life, key);
  await way.break();
  for (const note of ['one', 'two', 'three']) await journal.append(noting(note));
  await life.keep.close();
  const path = join(folder, `${life.controlId}.log`);
  const bytes = readFileSync(path);
  const second = bytes.indexOf('PLN1', 4);
  bytes.writeUInt8(bytes.readUInt8(second + 40) ^ 1, second + 40);
  writeFileSync(path, Buffer.concat([bytes, bytes.subarray(0, 30)]));
  await way.mend();
  const next = begin(way.open(), folder);
  await next.keep.recover();
  t.strictSame((await written(direct, key)).types, ['one', 'three']);
  t.strictSame(readdirSync(folder), [`${life.controlId}.log.damaged`]);
  t.match(next.log.join('\n'), /was never finished[\s\S]*is damaged/);
});

t.test(
  'of a room that another has by now, what was said in it is written all the same',
  async (t) => {
    const { direct, way, database, folder } = await prepared(t);
    const life = begin(database, folder);
    const key = await openRoom(database, life);
    let lost = 0;
    const journal = journalOf(database, life, key, {
      ...deaf,
      lost: () => {
        lost += 1;
      },
    });
    await way.break();
    await journal.append(entry('said', { effects: [lasting({ note: 'said' })] }));
    await journal.append(noting('of a seat'));
    const hold = { ...key, controlId: null, nodeId: null };
    await takeRoom(direct, hold, { controlId: ids.next(), nodeId: 'other' });
    await way.mend();
    await eventually('it is written', async () => life.keep.size === 0 || undefined);
    const { types, notes } = await written(direct, key);
    t.strictSame(types, ['said', 'of a seat']);
    t.strictSame(notes, ['said']);
    t.equal(lost, 1);
  },
);

t.test('a copy of what another process kept is written once, however many ask', async (t) => {
  const { direct, way, database, folder } = await prepared(t);
  const holder = begin(way.open(), join(folder, 'holder'));
  const owner: Life = begin(database, join(folder, 'owner'), {
    ...noSecond,
    add: async (bytes) => {
      await holder.keep.accept(owner.controlId, bytes);
      return true;
    },
  });
  const key = await openRoom(database, owner);
  await way.break();
  await journalOf(database, owner, key).append(noting('kept'));
  await database.close();
  await t.rejects(holder.keep.settleCopy(owner.controlId), { code: 'dependency_down' });
  await way.mend();
  await eventually('it is written', async () => {
    const asked = [1, 2, 3].map(() => holder.keep.settleCopy(owner.controlId));
    const outcomes = await Promise.allSettled(asked);
    return outcomes.every(({ status }) => status === 'fulfilled') || undefined;
  });
  t.strictSame((await written(direct, key)).types, ['kept']);
  t.equal(holder.log.filter((line) => line.includes('wrote what was kept')).length, 1);
  t.strictSame(readdirSync(join(folder, 'holder')), []);
});

t.test('what the database refuses is put aside, and holds nothing up', async (t) => {
  const { direct, way, database, folder } = await prepared(t);
  const life = begin(database, folder);
  const key = await openRoom(database, life);
  const journal = journalOf(database, life, key);
  await direct.query("insert into notes values ('there')");
  await way.break();
  await Promise.all(['one', 'there', 'two'].map((note) => journal.append(noting(note))));
  await way.mend();
  await eventually('it is written', async () => life.keep.size === 0 || undefined);
  t.strictSame((await written(direct, key)).types, ['one', 'two']);
  await life.keep.close();
  t.match(readFileSync(join(folder, 'aside.records'), 'latin1'), /"type":"there"/);
});

t.test('whatever fails when: acknowledged once is written once, in order', async (t) => {
  const random = numbersFrom(seedOf(t));
  const { direct, way, folder } = await prepared(t);
  let database = way.open();
  let life = begin(database, folder);
  const lives = [life];
  const key = await openRoom(database, life);
  let journal = journalOf(database, life, key);
  const acknowledged: string[] = [];
  const asked: Promise<void>[] = [];
  let said = 0;
  const say = () => {
    said += 1;
    const note = `note ${said}`;
    asked.push(journal.append(noting(note)).then(() => void acknowledged.push(note)));
  };
  for (let step = 0; step < 200; step += 1) {
    const turn = random(10);
    if (turn < 5) for (let times = random(8); times >= 0; times -= 1) say();
    else if (turn < 7) await way.break();
    else if (turn < 9) await way.mend();
    else {
      await Promise.all(asked);
      // Another life of the process. The former one is not quite dead: it goes on to write, too.
      await life.keep.close();
      await way.mend();
      database = way.open();
      const hold = { ...key, controlId: life.controlId, nodeId: null };
      life = begin(database, folder);
      lives.push(life);
      await life.keep.recover();
      const by = { controlId: life.controlId, nodeId: 'test' };
      key.epoch = (await takeRoom(direct, hold, by))?.epoch as number;
      journal = journalOf(database, life, key);
    }
    await Promise.race([asked.at(-1), new Promise((done) => setImmediate(done))]);
  }
  await way.mend();
  await Promise.all(asked);
  await eventually('all is written', async () => {
    return lives.every(({ keep }) => keep.size === 0) || undefined;
  });
  const { log, types } = await written(direct, key);
  t.strictSame(types, acknowledged);
  t.strictSame(
    log.map(({ seq }) => seq),
    acknowledged.map((_, n) => n + 1),
  );
  t.equal(acknowledged.length, said);
});

/** Not good ones, but the same again. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
