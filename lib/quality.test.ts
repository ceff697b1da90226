import t from 'tap';
import { QualityMeter, scoreOf } from './quality.js';
import type { ParticipantStats } from './stats.js';

const FINE = { isPaused: false, isReduced: false };

t.test('the score falls with loss and with delay', async (t) => {
  t.equal(scoreOf(0, 0, FINE), 5);
  t.equal(scoreOf(0.02, 60, FINE), 5);
  t.equal(scoreOf(0.06, 60, FINE), 4);
  t.equal(scoreOf(0.1, 100, FINE), 3);
  t.equal(scoreOf(0.15, 100, FINE), 2);
  t.equal(scoreOf(0.3, 100, FINE), 1);
  t.equal(scoreOf(0, 400, FINE), 5);
  t.equal(scoreOf(0, 600, FINE), 4);
  t.equal(scoreOf(0, 1200, FINE), 1);
});

t.test('it is no better than the picture', async (t) => {
  t.equal(scoreOf(0, 20, { isPaused: false, isReduced: true }), 4);
  t.equal(scoreOf(0, 20, { isPaused: true, isReduced: true }), 2);
  t.equal(scoreOf(0.3, 20, { isPaused: true, isReduced: true }), 1);
});

function stats(received: number, lost: number, sent: number, sentLost: number) {
  const inbound = [{ packetsReceived: received, packetsLost: lost }];
  const outbound = [
    { packetsSent: sent, remotePacketsLost: sentLost, roundTripTime: 0.05 },
    { packetsSent: 0, remotePacketsLost: 0, roundTripTime: 0 },
  ];
  const transports = [{ currentRoundTripTime: 0.08 }];
  return { inbound, outbound, transports } as unknown as ParticipantStats;
}

t.test('losses are those since the last time', async (t) => {
  const meter = new QualityMeter();
  const anna = { id: 'anna' };
  const measure = (...counters: Parameters<typeof stats>) =>
    meter.measure(anna, stats(...counters), FINE);
  const fine = { score: 5, uplinkLoss: 0, downlinkLoss: 0, rttMs: 50 };
  t.strictSame(measure(1000, 0, 1000, 0), { participantId: 'anna', ...fine });
  t.match(measure(1090, 10, 1200, 50), { uplinkLoss: 0.1, downlinkLoss: 0.25, score: 1 });
  t.match(measure(1190, 10, 1300, 50), { uplinkLoss: 0, downlinkLoss: 0, score: 5 });
  t.match(measure(10, 0, 0, 0), { uplinkLoss: 0, downlinkLoss: 0 }, 'streams were replaced');
  t.match(measure(20, -3, 5, 9), { uplinkLoss: 0, downlinkLoss: 1 }, 'duplicates');
});
