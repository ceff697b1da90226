/**
 * How long two people in browsers do not see and hear each other when the node of their meeting is killed, and when
 * it is drained: ./run bench failover [--rounds N] [--json FILE]
 * Two control processes, three media nodes, Postgres and Redis on one machine, Chromium's synthetic devices.
 */
import { parseArgs } from 'node:util';
import {
  type ChromiumPage,
  launchChromium,
  openChromiumPage,
} from '../test/e2e/support/browsers.js';
import { type Fleet, nodeOfTheRoom, startFleet } from '../test/e2e/support/fleet.js';
import {
  join,
  joinByLink,
  newMeeting,
  participantId,
  waitForMedia,
} from '../test/e2e/support/people.js';
import { eventually } from '../test/e2e/support/plenum.js';
import { type Gaps, readGaps, watchGaps } from './failover/gaps.js';
import { quantile, reportResult } from './results.js';

const { values } = parseArgs({
  strict: false,
  options: { rounds: { type: 'string', default: '20' } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds needs a number from 1 on');

const viewport = { width: 640, height: 400 };
/** Requirement of the fleet: after the end of a node, p95. */
const barMs = 4000;

interface Samples {
  video: number[];
  audio: number[];
}

const ends: (() => unknown)[] = [];
try {
  const t = { teardown: (end: () => unknown) => void ends.push(end) };
  const fleet = await startFleet(t, { nodes: ['local', 'local', 'local'] });
  const chromium = await launchChromium('--use-fake-device-for-media-stream=fps=15');
  ends.push(() => chromium.close());
  const open = (label: string) => openChromiumPage(chromium, label, { viewport });
  const [ada, bo] = await Promise.all([open('ada'), open('bo')]);
  const pages = [ada, bo];
  const link = await newMeeting(ada, fleet.url);
  await join(ada, 'Ada');
  await joinByLink(bo, link, 'Bo');
  const ids = () => Promise.all([participantId(ada, 'Bo'), participantId(bo, 'Ada')]);
  for (const page of pages) await waitForMedia(page, 1);
  const before = await ids();
  let loads = 0;
  for (const { page } of pages) page.on('load', () => loads++);

  const killed: Samples = { video: [], audio: [] };
  const drained: Samples = { video: [], audio: [] };
  for (let round = 0; round < rounds; round++) {
    await measure(pages, drained, () => drain(fleet));
    await measure(pages, killed, () => kill(fleet));
    await fleet.addNode();
  }
  if (`${await ids()}` !== `${before}`) throw new Error('somebody has another id');
  if (loads > 0) throw new Error('a page was loaded anew');
  report(killed, drained);
} finally {
  for (const end of ends.reverse()) await end();
}

/** Both see and hear the other again when it resolves; the longest time without is a sample of each. */
async function measure(pages: ChromiumPage[], samples: Samples, happen: () => Promise<void>) {
  for (const page of pages) await page.evaluate(watchGaps, undefined);
  await happen();
  for (const page of pages) await waitForMedia(page, 1);
  const gaps: Gaps[] = await Promise.all(pages.map((page) => page.evaluate(readGaps, undefined)));
  samples.video.push(...gaps.map(({ videoMs }) => videoMs));
  samples.audio.push(...gaps.map(({ audioMs }) => audioMs));
}

async function kill(fleet: Fleet): Promise<void> {
  const node = await nodeOfTheRoom(fleet);
  await node.kill();
  await eventually('another node has the room', async () => {
    const other = await nodeOfTheRoom(fleet).catch(() => undefined);
    return other === undefined || other === node ? undefined : true;
  });
}

async function drain(fleet: Fleet): Promise<void> {
  const { nodeId } = await nodeOfTheRoom(fleet);
  await fleet.admin('POST', `v1/nodes/${nodeId}/drain`, { deadline_s: 60 });
  await eventually('it is empty', async () => {
    const { rooms } = await fleet.admin('GET', `v1/nodes/${nodeId}`);
    return rooms === 0 ? true : undefined;
  });
  await fleet.admin('DELETE', `v1/nodes/${nodeId}/drain`);
}

function report(killed: Samples, drained: Samples): void {
  const figures: Record<string, number> = {};
  for (const [what, samples] of Object.entries({ killed, drained })) {
    for (const [kind, values] of Object.entries(samples) as [string, number[]][]) {
      for (const [name, q] of Object.entries({ p50: 0.5, p95: 0.95, max: 1 })) {
        figures[`${what}_${kind}_gap_${name}_ms`] = quantile(values, q);
      }
    }
  }
  const worst = Math.max(quantile(killed.video, 0.95), quantile(killed.audio, 0.95));
  const isMissed = worst > barMs;
  if (isMissed) process.exitCode = 1;
  reportResult(
    {
      bench: 'failover',
      work: { rounds, people: 2, killed_gap_p95_ms: `at most ${barMs}` },
      figures,
    },
    `media back after the end of a node: p95 ${Math.round(worst)} ms${isMissed ? ' (missed)' : ''}`,
  );
}
