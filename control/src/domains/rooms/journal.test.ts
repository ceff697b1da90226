import t from 'tap';
import { systemClock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { systemIds } from '../../ids.js';
import type { Database, Queryable } from '../../store/database.js';
import { Effects } from '../../store/effects.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { type JournalEntry, type JournalListener, RoomJournal, type RoomKey } from './journal.js';
import { JournalWriter } from './journal-writer.js';
import { noKeep } from './keep.js';
import { insertRoom, moveRoom, takeRoom } from './repository.js';

const server = await testServer(t);
const deaf: JournalListener = { lost: () => {}, written: () => {} };
const ids = systemIds(systemClock);
const writer = new JournalWriter(new Effects([]));
const on = (database: Database) => ({ database, clock: systemClock, writer, keep: noKeep });

async function openRoom(database: Database): Promise<RoomKey> {
  const meetingId = ids.next();
  const made = await insertRoom(database, {
    ...{ meetingId, roomId: ids.next(), controlId: ids.next(), nodeId: 'test', at: new Date() },
  });
  const { roomId, epoch } = made as { roomId: string; epoch: number };
  return { meetingId, roomId, epoch };
}

function entry(type: string, also: Partial<JournalEntry> = {}): JournalEntry {
  const at = systemClock.now();
  return { eventId: ids.next(), type, participantId: null, payload: {}, at, ...also };
}

const logOf = (database: Queryable, { roomId }: RoomKey) =>
  database.query<{ seq: number; type: string }>(
    'select seq, type from events where room_id = $1 order by seq',
    [roomId],
  );

t.test('entries are numbered without gaps, in order, with their outbox rows', async (t) => {
  const database = await testDatabase(t, server);
  const key = await openRoom(database);
  const journal = new RoomJournal(on(database), key, {
    ...deaf,
    lost: () => t.fail('lost'),
  });
  const shown: number[] = [];
  const writes = Array.from({ length: 500 }, (_, number) =>
    journal.append(entry(`e${number}`, { committed: () => shown.push(number) })),
  );
  await Promise.all(writes);
  t.strictSame(
    shown,
    writes.map((_, number) => number),
  );
  const log = await logOf(database, key);
  t.strictSame(
    log,
    writes.map((_, number) => ({ seq: number + 1, type: `e${number}` })),
  );
  const relayed = await database.query(
    'select room_seq as seq, type from outbox where room_id = $1 order by position',
    [key.roomId],
  );
  t.strictSame(relayed, log);
});

t.test('what happened together is written together, or not at all', async (t) => {
  const database = await testDatabase(t, server);
  const key = await openRoom(database);
  const journal = new RoomJournal(on(database), key, deaf);
  const refusing = { within: () => Promise.reject(new ControlError('conflict', 'no')) };
  const together = (...types: string[]) => ({ before: types.map((type) => entry(type)) });
  const refused = journal.append(entry('c', { ...together('a', 'b'), ...refusing }));
  const taken = journal.append(entry('f', together('d', 'e')));
  await t.rejects(refused, { code: 'conflict' });
  await taken;
  await journal.append(entry('g'));
  t.strictSame(await logOf(database, key), [
    { seq: 1, type: 'd' },
    { seq: 2, type: 'e' },
    { seq: 3, type: 'f' },
    { seq: 4, type: 'g' },
  ]);
});

t.test('whoever relays is told of every commit, when it is durable', async (t) => {
  const database = await testDatabase(t, server);
  const found: Promise<object[]>[] = [];
  const written = () => {
    found.push(database.query('select type, participant_id as who from outbox order by position'));
  };
  const key = await openRoom(database);
  const journal = new RoomJournal(on(database), key, { ...deaf, written });
  const who = ids.next();
  await journal.append(entry('one', { participantId: who }));
  t.strictSame(await found[0], [{ type: 'one', who }]);
  await journal.append(entry('two'));
  t.equal((await found[1])?.length, 2);
  t.equal(found.length, 2);
});

t.test('whoever waited for an entry appends the next at once', async (t) => {
  const database = await testDatabase(t, server);
  const journal = new RoomJournal(on(database), await openRoom(database), deaf);
  for (let count = 0; count < 20; count++) await journal.append(entry(`e${count}`));
  t.pass('none was left waiting');
});

t.test('a refused entry leaves no gap and harms no other', async (t) => {
  const database = await testDatabase(t, server);
  const key = await openRoom(database);
  const journal = new RoomJournal(on(database), key, {
    ...deaf,
    lost: () => t.fail('lost'),
  });
  const refuse = async () => {
    throw new ControlError('forbidden', 'no');
  };
  const [first, second, third] = [
    journal.append(entry('first')),
    t.rejects(journal.append(entry('second', { within: refuse })), { code: 'forbidden' }),
    journal.append(entry('third')),
  ];
  await Promise.all([first, second, third]);
  t.strictSame(await logOf(database, key), [
    { seq: 1, type: 'first' },
    { seq: 2, type: 'third' },
  ]);
});

t.test('a command on record is skipped, as a success', async (t) => {
  const database = await testDatabase(t, server);
  const key = await openRoom(database);
  const command = { participantId: ids.next(), id: 'c1' };
  const commit = (committed: () => void) =>
    new RoomJournal(on(database), key, deaf).append(
      entry('sent', { command, committed: () => committed() }),
    );
  let shown = 0;
  await commit(() => {
    shown += 1;
  });
  await commit(() => t.fail('shown though it was not written'));
  t.equal(shown, 1);
  t.strictSame(await logOf(database, key), [{ seq: 1, type: 'sent' }]);
});

t.test('behind the last entry nothing is written, and nobody is told of a loss', async (t) => {
  const database = await testDatabase(t, server);
  const key = await openRoom(database);
  const lost = () => t.fail('lost');
  const journal = new RoomJournal(on(database), key, { ...deaf, lost });
  const shown: string[] = [];
  const showing = (type: string, also: Partial<JournalEntry> = {}) =>
    journal.append(entry(type, { ...also, committed: () => shown.push(type) }));
  const behind = { code: 'stale_epoch', message: 'The room is over.' };
  await Promise.all([
    showing('first'),
    showing('last', { isLast: true }),
    t.rejects(showing('behind it'), behind),
  ]);
  await t.rejects(showing('later'), { code: 'stale_epoch' });
  t.strictSame(shown, ['first', 'last']);
  t.strictSame(await logOf(database, key), [
    { seq: 1, type: 'first' },
    { seq: 2, type: 'last' },
  ]);
});

t.test('a last entry that is refused was none', async (t) => {
  const database = await testDatabase(t, server);
  const key = await openRoom(database);
  const journal = new RoomJournal(on(database), key, deaf);
  const within = () => Promise.reject(new ControlError('conflict', 'no'));
  const refused = journal.append(entry('last', { isLast: true, within }));
  await Promise.all([t.rejects(refused, { code: 'conflict' }), journal.append(entry('behind it'))]);
  t.strictSame(await logOf(database, key), [{ seq: 1, type: 'behind it' }]);
});

t.test('an older epoch can write no more', async (t) => {
  const database = await testDatabase(t, server);
  const key = await openRoom(database);
  let lost = 0;
  const journal = new RoomJournal(on(database), key, {
    ...deaf,
    lost: () => {
      lost += 1;
    },
  });
  await journal.append(entry('mine'));
  const hold = { ...key, controlId: null, nodeId: null };
  const newer = await takeRoom(database, hold, { controlId: ids.next(), nodeId: 'other' });
  t.match(newer, { roomId: key.roomId, epoch: key.epoch + 1 });
  await t.rejects(journal.append(entry('late')), { code: 'stale_epoch' });
  t.equal(lost, 1);
  t.strictSame(await logOf(database, key), [{ seq: 1, type: 'mine' }]);
});

/** Loses the connection around a commit, as often as it is told, before or after its effect. */
function failing(database: Database, faults: ('before' | 'after')[]): Database {
  const gone = () => new ControlError('dependency_down', 'gone');
  return Object.assign(Object.create(database) as Database, {
    async transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result> {
      const fault = faults.shift();
      if (fault === 'before') throw gone();
      const result = await database.transaction(work);
      if (fault === 'after') throw gone();
      return result;
    },
  });
}

t.test('what a lost connection left open is settled, and written once', async (t) => {
  const database = await testDatabase(t, server);
  const key = await openRoom(database);
  const unreliable = failing(database, ['before', 'after', 'before', 'after']);
  const journal = new RoomJournal(on(unreliable), key, {
    ...deaf,
    lost: () => t.fail('lost'),
  });
  await Promise.all([journal.append(entry('one')), journal.append(entry('two'))]);
  await journal.append(entry('three'));
  t.strictSame(
    (await logOf(database, key)).map(({ type }) => type),
    ['one', 'two', 'three'],
  );
  await journal.settled();
});

t.test('an epoch that was raised in a try whose outcome was lost is ours', async (t) => {
  const database = await testDatabase(t, server);
  const key = await openRoom(database);
  const lost = () => t.fail('lost');
  const journal = new RoomJournal(on(failing(database, ['after'])), key, { ...deaf, lost });
  const raisesTo = key.epoch + 1;
  const moved = entry('moved', {
    raisesTo,
    within: async (tx) => moveRoom(tx, key, { from: 'one', to: 'other' }),
    committed: () => {
      key.epoch = raisesTo;
    },
  });
  await Promise.all([journal.append(entry('said')), journal.append(moved)]);
  await journal.append(entry('after'));
  t.strictSame(
    (await logOf(database, key)).map(({ type }) => type),
    ['said', 'moved', 'after'],
  );
});

t.test('of a batch whose outcome was lost, only what was written is shown', async (t) => {
  const database = await testDatabase(t, server);
  const key = await openRoom(database);
  const command = { participantId: ids.next(), id: 'c1' };
  await new RoomJournal(on(database), key, deaf).append(entry('sent', { command }));
  const shown: string[] = [];
  const journal = new RoomJournal(on(failing(database, ['after'])), key, deaf);
  const showing = (type: string, also: Partial<JournalEntry> = {}) =>
    journal.append(entry(type, { ...also, committed: () => shown.push(type) }));
  await Promise.all([showing('sent', { command }), showing('new')]);
  t.strictSame(shown, ['new']);
});
