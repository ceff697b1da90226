import { pause } from '../../e2e/support/plenum.js';
import { fair } from '../../e2e/support/weather.js';
import type { Fault } from '../fault.js';
import { type CrowdReport, isSpeech, speakerOf } from '../people/crowd-process.js';
import type { Person } from '../people/person.js';
import { allHear, type Room } from '../people/room.js';
import { expectUnharmed, linksOf, openRooms } from '../steps.js';

/**
 * One person's link loses and delays; the others notice nothing. As browsers do, people take RED: of 10 %
 * that are lost the next packet brings nine tenths.
 */
export const poorLink: Fault = {
  id: 'F17',
  title: '10 % loss and 200 ms of jitter on one link',
  layout: 'E',
  async run(context) {
    const { crowd, size, figure, expect } = context;
    const rooms = await openRooms(context, { rooms: 1, each: () => ({ takesRedundancy: true }) });
    const [room] = rooms as [Room];
    const [person, ...others] = room.people as [Person, ...Person[]];
    const indexes = new Set(others.map(({ index }) => index));
    await crowd.moment();
    await pause(size === 'quick' ? 1000 : 10_000);
    const before = await crowd.measured();
    const links = await linksOf(context, person);
    for (const link of links) {
      link.weather = { loss: 0.1, delayMs: 0, jitterMs: 200, isReordering: false };
    }
    await crowd.moment();
    await pause(size === 'quick' ? 4000 : 60_000);
    const report = await crowd.measured();
    for (const link of links) link.weather = fair;
    await allHear(crowd, rooms);
    expectUnharmed(context, rooms);
    const ofOthers = (one: CrowdReport) =>
      room
        .heardBy(one)
        .filter(({ person: to, stream }) => indexes.has(to) && indexes.has(speakerOf(stream)));
    const lost = ofOthers(report).reduce((sum, one) => sum + one.lost, 0);
    expect(lost === 0, `the others lost ${lost} packets of each other`);
    const p95Ms = (one: CrowdReport) =>
      Math.max(...ofOthers(one).map(({ delayP95Us }) => delayP95Us / 1000));
    const added = [p95Ms(report) - p95Ms(before)];
    figure({ name: 'delay added for others', unit: 'ms', samples: added, bars: { p95: 5 } });
    const toPoor = room
      .heardBy(report)
      .filter(({ person: to, stream }) => to === person.index && isSpeech(stream));
    const inTime = toPoor.map((one) => one.inTime / (one.packets + one.lost));
    const bars = { p95: 0.98 };
    figure({ name: 'frames in time', unit: 'ratio', samples: inTime, bars, isLeast: true });
  },
};
