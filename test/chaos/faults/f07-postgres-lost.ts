import { randomUUID } from 'node:crypto';
import { eventually, pause } from '../../e2e/support/plenum.js';
import { Commands } from '../commands.js';
import type { Fault, FaultContext } from '../fault.js';
import { LiveMeeting } from '../live-meeting.js';
import { allHear } from '../people/room.js';
import { expectUnharmed, metric, openRooms } from '../steps.js';

/** Of each room, messages a second; of the long form so many are looked for one by one. */
const [perSecond, messages] = [5, 1000];
/** A command that waits longer is no live room's. */
const patienceMs = 1000;

/**
 * The primary is killed; after a while the standby takes over. Live rooms notice nothing: people write,
 * come in, are let in, are muted.
 */
export const postgresLost: Fault = {
  id: 'F7',
  title: 'the Postgres primary is killed',
  layout: 'R',
  async run(context) {
    const { fleet, crowd, size, figure, expect } = context;
    const { postgres } = fleet.stores;
    const each = (n: number) => ({ origin: fleet.origin(n % 2) });
    const rooms = await openRooms(context, { rooms: size === 'quick' ? 2 : 4, each });
    const meeting = await LiveMeeting.open(context);
    const commands = new Commands(context, rooms);
    commands.start(perSecond * rooms.length);
    await commands.acknowledged(perSecond);
    await crowd.moment();
    await postgres.killPrimary();
    const killedAt = performance.now();
    await refusesQuickly(context);
    await meeting.use();
    await pause(Math.max(0, (size === 'quick' ? 4000 : 60_000) - (performance.now() - killedAt)));
    const waiting = commands.waiting(patienceMs);
    expect(waiting === 0, `${waiting} commands wait for the database`);
    await postgres.promote();
    const promotedAt = performance.now();
    await normal(context);
    figure({
      name: 'normal after its return',
      unit: 'ms',
      samples: [performance.now() - promotedAt],
      bars: { max: 5000 },
    });
    await commands.stop();
    await eventually('what was kept is written', async () => {
      const left = fleet.controls.map(({ adminPort }) => metric(adminPort, 'plenum_kept_records'));
      return (await Promise.all(left)).every((count) => count === 0) || undefined;
    });
    figure({
      name: 'all is written after its return',
      unit: 'ms',
      samples: [performance.now() - promotedAt],
      bars: { max: 5000 },
    });
    await allHear(crowd, rooms);
    expectUnharmed(context, rooms);
    await commands.check();
    const { length } = commands.sent;
    if (size === 'full') expect(length >= messages, `${length} messages, not ${messages}`);
    await meeting.check();
    await postgres.rejoin();
  },
};

/** What needs the database says so, within a second: a login, a new meeting. */
async function refusesQuickly({ fleet, figure, expect }: FaultContext): Promise<void> {
  const samples: number[] = [];
  for (const [path, body] of [
    ['v1/sessions', { email: 'nobody@example.org', password: 'of no use to anybody' }],
    ['v1/meetings', {}],
  ] as const) {
    const began = performance.now();
    const answer = await fetch(new URL(path, fleet.origin()), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
      body: JSON.stringify(body),
    });
    await answer.arrayBuffer();
    samples.push(performance.now() - began);
    expect(answer.status === 503, `${path} is answered with ${answer.status}`);
    expect(answer.headers.has('retry-after'), `${path} does not say when to come again`);
  }
  figure({ name: 'refusal', unit: 'ms', samples, bars: { max: 1000 } });
}

async function normal({ fleet }: FaultContext): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const isMade = await fleet.admin.newMeeting().then(
      () => true,
      () => false,
    );
    if (isMade) return;
    if (tries > 150) throw new Error('no meeting can be made after the standby took over');
    await pause(100);
  }
}
