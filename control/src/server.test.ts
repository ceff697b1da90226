import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { createMeeting, enter, resumeWith, TestClient } from './testing/test-client.js';
import { testFolder } from './testing/test-database.js';
import { endProcess, processesOf, program, startProcess } from './testing/test-process.js';

// The promise is 3 s; on a loaded machine a test asserts the outcome, not the speed.
const stopLimitMs = 15_000;

t.test('a killed server starts again and has everything it acknowledged', async (t) => {
  const folder = join(testFolder(t), 'data');
  const first = await startProcess(t, folder);
  const meeting = await createMeeting(first.origin);
  const ada = await enter(first.origin, meeting, { name: 'Ada', host: true });
  const grace = await enter(first.origin, meeting, { name: 'Grace' });
  const acknowledged: string[] = [];
  for (let number = 0; number < 20; number++) {
    const body = `message ${number}`;
    const answer = await (number % 2 === 0 ? ada : grace).client.ask('chat.send', { body });
    if (answer.t === 'ok') acknowledged.push(body);
  }
  grace.client.send('chat.send', { body: 'in flight' }, 'in flight');
  await endProcess(first.child, 'SIGKILL');
  t.ok(processesOf(folder).length > 0, 'the database was left behind');

  const second = await startProcess(t, folder);
  const back = await new TestClient(second.origin).opened();
  back.send('hello', resumeWith(grace.joined.d.resume_token, 3), 'again');
  const joined = await back.type('joined');
  t.match(joined.d, {
    participant_id: grace.id,
    room_id: grace.joined.d.room_id,
    epoch: grace.joined.d.epoch + 1,
    resumed: false,
    snapshot: { participants: [{ id: ada.id, state: 'reconnecting' }, { id: grace.id }] },
  });
  const kept = joined.d.snapshot?.last_messages.map(({ body }) => body) ?? [];
  t.strictSame(kept.slice(0, acknowledged.length), acknowledged);
  t.match(await back.ask('chat.send', { body: 'in flight' }, 'in flight'), { t: 'ok' });
  const late = await enter(second.origin, meeting);
  const all = late.joined.d.snapshot?.last_messages.map(({ body }) => body);
  t.strictSame(all, [...acknowledged, 'in flight'], 'once, whether or not it was written before');

  const started = performance.now();
  t.equal(await endProcess(second.child, 'SIGTERM'), 0);
  t.ok(performance.now() - started < stopLimitMs);
  t.equal(await back.closed(), 4503);
  const { d: away } = await back.type('goaway');
  t.equal(away.reason, 'drain');
  t.strictSame(away.signaling, [], 'there is no other process');
  t.ok(away.reconnect_after_ms >= 1000 && away.reconnect_after_ms <= 4000);
  t.strictSame(processesOf(folder), []);
});

t.test('the start says what is on this machine alone; a second signal stops at once', async (t) => {
  const folder = join(testFolder(t), 'data');
  const { child, said } = await startProcess(t, folder);
  t.match(said, [
    /^On this machine alone: .*Postgres.*bus in memory.*queue in.*files in.*mail into files/,
  ]);
  // Both wait for it: it cannot be over with the first before the second is there.
  child.kill('SIGSTOP');
  child.kill('SIGTERM');
  child.kill('SIGINT');
  t.equal(await endProcess(child, 'SIGCONT'), 1);
  const deadline = performance.now() + stopLimitMs;
  while (processesOf(folder).length > 0 && performance.now() < deadline) await nextTurn();
  t.strictSame(processesOf(folder), [], 'its database ends with it');
});

t.test('a second server leaves the first alone', async (t) => {
  const folder = join(testFolder(t), 'data');
  const first = await startProcess(t, folder);
  const second = spawn(process.execPath, [program, '--port', '0', '--data', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [complaint] = await once(second.stderr, 'data');
  t.match(String(complaint), /already runs Plenum/);
  const [code] = await once(second, 'exit');
  t.equal(code, 1);
  t.equal((await fetch(`${first.origin}/readyz`)).status, 200);
  t.equal(await endProcess(first.child, 'SIGINT'), 0);
  t.strictSame(processesOf(folder), []);
});

t.test('an option that does not fit stops the start by its name', async (t) => {
  for (const [options, complaint] of [
    [['--colour', 'red'], /--colour/],
    [['--port', 'http'], /--port: http is not a port/],
    [['--announce', '192.0.2.1:99999'], /--announce/],
  ] as const) {
    const child = spawn(process.execPath, [program, ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [text] = await once(child.stderr, 'data');
    t.match(String(text), complaint);
    const [code] = await once(child, 'exit');
    t.equal(code, 1);
  }
});
