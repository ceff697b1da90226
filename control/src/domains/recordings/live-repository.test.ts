/** What is written late, by a process that had kept it: older answers. */
import t from 'tap';
import { systemClock } from '../../clock.js';
import { systemIds } from '../../ids.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { consentsOf, writeConsent } from './live-repository.js';

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
