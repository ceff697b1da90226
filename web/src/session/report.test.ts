import t from 'tap';
import { HandTimers } from '../../../client/src/testing/hand-timers.js';
import { reportOf, type StatsReport } from './report.js';
import { markJoin, Reporter } from './reporter.js';

const pair = {
  type: 'candidate-pair',
  id: 'P',
  nominated: true,
  remoteCandidateId: 'R',
  currentRoundTripTime: 0.04,
};
const remote = { type: 'remote-candidate', id: 'R', address: '192.0.2.7', usernameFragment: 'u' };
const received = (id: string, kind: string) => ({
  ...{ type: 'inbound-rtp', id, kind, mid: '1', packetsLost: 3, trackIdentifier: 'my camera' },
  ...{ framesDecoded: kind === 'video' ? 90 : undefined, nested: { a: 1 }, jitter: Number.NaN },
});
const mapOf = (...entries: { id: string }[]) => new Map(entries.map((one) => [one.id, one]));

t.test('rows are flat, of named fields, and hold no address', (t) => {
  const publish = mapOf(pair, remote, { type: 'outbound-rtp', id: 'O', bytesSent: 9 } as never);
  const subscribe = mapOf(received('A', 'audio'), received('V', 'video'));
  const report = reportOf({ atMs: 0, publish, subscribe }, 10_000.4, {
    firstFrameMs: 812.6,
    gaps: [{ ms: 1_900, cause: 'path' }],
  });
  t.same(report, {
    interval_ms: 10_000,
    first_frame_ms: 813,
    media_gaps: [{ ms: 1_900, cause: 'path' }],
    transports: [{ id: 'P', type: 'candidate-pair', currentRoundTripTime: 0.04 }],
    inbound: [
      ...[{ id: 'V', type: 'inbound-rtp', kind: 'video', mid: '1' }].map((row) => ({
        ...{ ...row, packetsLost: 3, framesDecoded: 90 },
      })),
      { id: 'A', type: 'inbound-rtp', kind: 'audio', mid: '1', packetsLost: 3 },
    ],
    outbound: [{ id: 'O', type: 'outbound-rtp', bytesSent: 9 }],
  });
  t.notMatch(JSON.stringify(report), /192\.0\.2\.7|camera/);
  t.end();
});

t.test('a large meeting fits into 16 KiB, pictures before sound', (t) => {
  const many = Array.from({ length: 120 }, (_, index) => ({
    ...received(`inbound number ${index}`, index % 2 === 0 ? 'video' : 'audio'),
    ...{ bytesReceived: 123_456_789, packetsReceived: 123_456, concealedSamples: 123_456 },
    ...{ jitterBufferDelay: 1234.567_89, frameWidth: 1280, frameHeight: 720, nackCount: 12_345 },
  }));
  const happened = { firstFrameMs: undefined, gaps: [] };
  const report = reportOf(
    { atMs: 0, publish: new Map(), subscribe: mapOf(...many) },
    ...([1, happened] as const),
  );
  t.ok(JSON.stringify(report).length < 16 * 1024);
  t.ok(report.inbound.length > 20 && report.inbound.length <= 64);
  t.equal(report.inbound[0]?.kind, 'video');
  t.equal(report.interval_ms, 100);
  t.end();
});

t.test('one each 10 s; the first picture is told of once', async (t) => {
  const timers = new HandTimers();
  const sent: StatsReport[] = [];
  const nothing = new Map();
  const look = async () => ({ atMs: 0, publish: nothing, subscribe: nothing });
  const send = (report: StatsReport) => sent.push(report);
  const reporterNow = () => new Reporter({ timers, look, send });
  const tenSeconds = async () => {
    timers.advance(10_000);
    await new Promise(setImmediate);
  };
  markJoin();
  const reporter = reporterNow();
  reporter.start();
  await tenSeconds();
  t.match(sent, [{ interval_ms: 10_000 }]);
  t.notOk('first_frame_ms' in (sent[0] as object));
  reporter.pictureShown();
  reporter.pictureShown();
  await tenSeconds();
  await tenSeconds();
  t.same(
    sent.map((one) => 'first_frame_ms' in one),
    [false, true, false],
  );
  const gap = { ms: 2_000, cause: 'migration' } as const;
  for (let count = 0; count < 20; count++) reporter.gapEnded({ ...gap, ms: count });
  await tenSeconds();
  t.match(sent.at(-1)?.media_gaps, { length: 16, 0: { ms: 4, cause: 'migration' } });
  await tenSeconds();
  t.notOk('media_gaps' in (sent.at(-1) as object), 'each is told once');
  reporter.stop();
  await tenSeconds();
  t.equal(sent.length, 5);

  const late = reporterNow();
  late.forgetStart();
  late.pictureShown();
  late.start();
  await tenSeconds();
  t.notOk('first_frame_ms' in (sent.at(-1) as object), 'nobody showed a picture');
  late.stop();
});
