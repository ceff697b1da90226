/** What is written late, by a process that had kept it, or whose answer was lost. */
import t from 'tap';
import { systemClock } from '../../clock.js';
import { systemIds } from '../../ids.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { RecordingStage } from '../../testing/test-recordings.js';
import { assignedTake, assignTake, consentsOf, writeConsent } from './live-repository.js';

const server = await testServer(t);

t.test('of two answers the later one stays, in whatever order they are written', async (t) => {
  const database = await testDatabase(t, server);
  const ids = systemIds(systemClock);
  const [recordingId, participantId] = [ids.next(), ids.next()];
  const write = (accepted: boolean | null, seconds: number) =>
    writeConsent(database, {
      ...{ recordingId, participantId, name: 'Anna', userId: null, accepted, textVersion: '1' },
      at: new Date(seconds * 1000),
    });
  const answer = async () => (await consentsOf(database, recordingId))[0]?.accepted;
  await write(null, 1);
  await write(true, 2);
  t.equal(await answer(), true);
  await write(false, 4);
  await write(true, 3);
  t.equal(await answer(), false, 'the yes is the older one');
  await write(null, 5);
  t.equal(await answer(), false, 'to be asked is no answer');
  await write(true, 6);
  t.equal(await answer(), true);
});

t.test('which take it has, and who, as it was written; of what has ended none', async (t) => {
  const stage = await RecordingStage.open(t, await testDatabase(t, server));
  const { database } = stage;
  const key = await stage.recording(await stage.meeting(), { status: 'recording', take: 0 });
  const [first, second] = [stage.ids.next(), stage.ids.next()];
  t.strictSame(await assignedTake(database, key), { take: 0, recorderId: null });
  const assign = (take: number, recorderId: string) =>
    assignTake(database, { ...key, take, recorderId, refusedTake: null });
  t.ok(await assign(1, first));
  t.ok(await assign(2, second));
  t.notOk(await assign(2, second), 'a try whose answer was lost');
  t.strictSame(await assignedTake(database, key), { take: 2, recorderId: second });
  t.match(await stage.row(key), { take_recorders: [first, second] });
  const other = { ...key, recordingId: stage.ids.next() };
  t.equal(await assignedTake(database, other), null);
  await database.query(`update recordings set status = 'processing'`);
  t.equal(await assignedTake(database, key), null);
});
