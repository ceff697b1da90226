/** What was acknowledged survives a kill -9 of everything in the middle, and nothing is done twice. */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CreatedMeeting, Joined } from './schemas/http.js';
import { Database } from './store/database.js';
import { clusterPort, clusterUser, pathsIn } from './store/postgres-cluster.js';
import { waitForExit } from './store/processes.js';
import { createMeeting, enter, post, resumeWith, TestClient } from './testing/test-client.js';
import { testFolder } from './testing/test-database.js';
import { childrenOf, endProcess, startProcess } from './testing/test-process.js';

const enough = 1000;
const people = 4;
const callers = 4;
const plenty = '1000000';
const settings = {
  PLENUM_LIMITS_REQUESTS_PER_MINUTE: plenty,
  PLENUM_LIMITS_MESSAGES_PER_SECOND: plenty,
  PLENUM_LIMITS_MESSAGES_BURST: plenty,
  PLENUM_LIMITS_CHAT_PER_SECOND: plenty,
  PLENUM_LIMITS_CHAT_BURST: plenty,
};

interface Write {
  /** Does it, the first time and every other time: under the same key. Gives what it made. */
  act: (origin: string) => Promise<string>;
  /** What the acknowledgement said; null: there was none. */
  made: string | null;
}

/** Everything that was asked for. */
class Ledger {
  readonly writes: Write[] = [];
  acknowledged = 0;
  private onEnough = () => {};
  readonly enough = new Promise<void>((resolve) => {
    this.onEnough = resolve;
  });

  /** @throws what the act threw: it was not acknowledged. */
  async write(origin: string, act: Write['act']): Promise<string> {
    const write: Write = { act, made: null };
    this.writes.push(write);
    write.made = await act(origin);
    this.acknowledged += 1;
    if (this.acknowledged === enough) this.onEnough();
    return write.made;
  }
}

async function created<Answer>(response: Response): Promise<Answer> {
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** A meeting, somebody who joins it, the next meeting, until the server is gone. */
async function keepCalling(ledger: Ledger, origin: string): Promise<void> {
  for (;;) {
    const [key, title, name] = [randomUUID(), randomUUID(), randomUUID()];
    const headers = { 'idempotency-key': key };
    let link = '';
    await ledger.write(origin, async (to) => {
      const answer = await post(`${to}/v1/meetings`, { title }, headers);
      const made = await created<CreatedMeeting>(answer);
      link = `${made.meeting.code}#${made.participant_link.split('#k=')[1]}`;
      return made.meeting.meeting_id;
    });
    const [code, secret] = link.split('#');
    const body = { code, secret, display_name: name.slice(0, 30) };
    await ledger.write(origin, async (to) => {
      const answer = await created<Joined>(await post(`${to}/v1/join`, body, headers));
      return answer.participant_id;
    });
  }
}

/** Who writes: their socket is another one after the restart. */
interface Writer {
  client: TestClient;
}

async function keepWriting(ledger: Ledger, origin: string, writer: Writer): Promise<void> {
  for (let number = 0; ; number++) {
    const body = randomUUID();
    await ledger.write(origin, async () => {
      const answer = await writer.client.ask('chat.send', { body }, `write.${number}`);
      if (answer.t !== 'ok') throw new Error(JSON.stringify(answer));
      return body;
    });
  }
}

/** The process and the database server, at one moment. */
async function killAll(child: Parameters<typeof endProcess>[0], folder: string): Promise<void> {
  const pidFile = join(pathsIn(join(folder, 'postgres')).cluster, 'postmaster.pid');
  const postmaster = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  const backends = childrenOf(postmaster);
  const ended = endProcess(child, 'SIGKILL');
  process.kill(postmaster, 'SIGKILL');
  await ended;
  for (const pid of [postmaster, ...backends]) await waitForExit(pid, 30_000);
}

async function comeBack(origin: string, resumeToken: string): Promise<TestClient> {
  const client = await new TestClient(origin).opened();
  client.send('hello', resumeWith(resumeToken, 0), 'hello');
  await client.type('joined');
  return client;
}

/** How often each of these stands in a column. */
async function timesIn(database: Database, table: string, column: string) {
  const rows = await database.query<{ name: string; times: number }>(
    `select ${column} as name, count(*)::int as times from ${table} group by 1`,
  );
  return new Map(rows.map(({ name, times }) => [name, times]));
}

t.test(`${enough} acknowledged writes, kill -9 of all, and a start`, async (t) => {
  const folder = join(testFolder(t), 'data');
  const first = await startProcess(t, folder, settings);
  const meeting = await createMeeting(first.origin);
  const entered = await Promise.all(
    Array.from({ length: people }, () => enter(first.origin, meeting)),
  );
  const writers: Writer[] = entered.map(({ client }) => ({ client }));
  const ledger = new Ledger();
  const work = [
    ...Array.from({ length: callers }, () => keepCalling(ledger, first.origin)),
    ...writers.map((writer) => keepWriting(ledger, first.origin, writer)),
  ].map((endless) => endless.catch((error: Error) => error.message));
  await Promise.race([ledger.enough, Promise.all(work)]);
  await killAll(first.child, folder);
  const ends = await Promise.all(work);
  t.ok(ledger.acknowledged >= enough, `${ledger.acknowledged} acknowledged; ${ends.join('; ')}`);

  const second = await startProcess(t, folder, settings);
  const socket = pathsIn(join(folder, 'postgres')).socket;
  const database = new Database({
    ...{ host: socket, port: clusterPort, user: clusterUser, database: 'postgres' },
  });
  const count = async () => ({
    meetings: await timesIn(database, 'meetings', 'meeting_id'),
    participants: await timesIn(database, 'participants', 'participant_id'),
    messages: await timesIn(database, 'messages', 'content'),
  });
  const before = await count();
  const known = new Map(Object.values(before).flatMap((found) => [...found]));
  const acknowledged = ledger.writes.filter(({ made }) => made !== null);
  const lost = acknowledged.filter(({ made }) => known.get(made as string) !== 1);
  t.strictSame(lost, [], 'each is there, once');

  for (const [index, writer] of writers.entries()) {
    const token = entered[index]?.joined.d.resume_token as string;
    writer.client = await comeBack(second.origin, token);
  }
  const made = new Set<string>();
  for (const write of ledger.writes) {
    const again = await write.act(second.origin);
    if (write.made !== null && again !== write.made) t.fail(`${again} is another ${write.made}`);
    made.add(again);
  }
  t.equal(made.size, ledger.writes.length, 'repeated, each gives one effect of its own');
  const after = await count();
  const total = Object.values(after).reduce((sum, found) => sum + found.size, 0);
  t.equal(total, made.size + 1 + people, 'and nothing is there that was not asked for');
  t.ok(
    [...after.messages.values()].every((times) => times === 1),
    'no message twice',
  );
  const stored = await timesIn(database, 'messages', 'message_id');
  const heard = writers.flatMap(({ client }) => client.ofType('chat.message'));
  const phantoms = heard.filter(({ d }) => !stored.has(d.message_id));
  t.strictSame(phantoms, [], 'and nobody heard a message that is not there');
  t.comment(`${ledger.writes.length - acknowledged.length} were under way`);
  await database.close();
});
