import t from 'tap';
import { ClockFit } from './clock-fit.js';
import { RecordedTime } from './recorded-time.js';
import { simulateFit } from './simulation.js';

const SEED = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 1_000_000);

for (const skewPpm of [100, 20]) {
  t.test(`2 h of 4 people, ±${skewPpm} ppm, 5 % loss, DTX, mutes (seed ${SEED})`, async (t) => {
    const figures = simulateFit({
      ...{ seed: SEED, hours: 2, people: 4, skewPpm, loss: 0.05, hasReports: true },
    });
    t.comment(JSON.stringify(figures));
    t.ok(figures.avOffsetMedianMs <= 20, `sound and picture: ${figures.avOffsetMedianMs} ms`);
    t.ok(figures.avOffsetP95Ms <= 40, `95 %: ${figures.avOffsetP95Ms} ms`);
    t.ok(figures.alignmentP95Ms <= 50, `people: ${figures.alignmentP95Ms} ms`);
    t.ok(figures.driftMsPerHour <= 10, `drift: ${figures.driftMsPerHour} ms/h`);
  });
}

t.test(`by arrival alone it does not drift either (seed ${SEED})`, async (t) => {
  const figures = simulateFit({
    ...{ seed: SEED, hours: 2, people: 2, skewPpm: 100, loss: 0.05, hasReports: false },
  });
  t.comment(JSON.stringify(figures));
  t.ok(figures.avOffsetMedianMs <= 20, `sound and picture: ${figures.avOffsetMedianMs} ms`);
  t.ok(figures.driftMsPerHour <= 10, `drift: ${figures.driftMsPerHour} ms/h`);
});

/** 50 packets a second; `lateUs`: how much later than 40 ms each arrives. */
function feed(
  fit: ClockFit,
  { from, count, shiftTicks = 0 }: { from: number; count: number; shiftTicks?: number },
  lateUs: (index: number) => number = () => 0,
): void {
  for (let index = from; index < from + count; index++) {
    const us = index * 20_000;
    const timestamp = index * 960 + shiftTicks;
    fit.observe({ timestamp, arrivedUs: us + 40_000 + lateUs(index), capturedUs: null });
  }
}

t.test('media that is held up and comes at once keeps its time', async (t) => {
  const fit = new ClockFit(48_000);
  feed(fit, { from: 0, count: 500 });
  const before = fit.at(500 * 960);
  // Two seconds stand still, then come within 100 ms.
  feed(fit, { from: 500, count: 100 }, (index) => (600 - index) * 19_000);
  feed(fit, { from: 600, count: 100 });
  fit.settle(700 * 20_000 + 1_000_000);
  t.ok(Math.abs(fit.at(700 * 960) - before - 4e6) < 20_000, `${fit.at(700 * 960) - before}`);
});

t.test('timestamps that stood still over a pause are set anew', async (t) => {
  const fit = new ClockFit(48_000);
  feed(fit, { from: 0, count: 500 });
  const before = fit.at(499 * 960);
  // Ten seconds later, as if no time had passed.
  feed(fit, { from: 1000, count: 10, shiftTicks: -500 * 960 });
  t.ok(fit.isDoubtful, 'it waits');
  feed(fit, { from: 1010, count: 40, shiftTicks: -500 * 960 });
  t.notOk(fit.isDoubtful);
  const movedUs = fit.at(549 * 960) - before - 50 * 20_000;
  t.ok(Math.abs(movedUs - 10e6) < 20_000, `moved by ${movedUs}`);
});

t.test('a report that steps moves nothing at once', async (t) => {
  const fit = new ClockFit(90_000);
  let last = 0;
  let jumpUs = 0;
  for (let index = 0; index < 6000; index++) {
    const us = index * 33_333;
    const stepUs = Math.floor(index / 150) % 2 === 0 ? 5000 : -5000;
    const timestamp = Math.round((us * 90_000) / 1e6);
    fit.observe({ timestamp, arrivedUs: us + 50_000, capturedUs: us + stepUs });
    const at = fit.at(timestamp);
    if (index > 600) jumpUs = Math.max(jumpUs, Math.abs(at - last - 33_333));
    last = at;
  }
  t.ok(jumpUs < 2000, `${jumpUs} µs from one picture to the next`);
});

t.test(
  "a sender's clock of the wall is set back: for some seconds reports are of before",
  async (t) => {
    for (const stepUs of [400_000, 3_000_000, 30_000_000]) {
      const fit = new ClockFit(90_000);
      let [last, worstUs] = [Number.NaN, 0];
      for (let index = 0; index < 3000; index++) {
        const us = index * 33_333;
        const isSetBack = us > 30e6 && us < 50e6;
        const timestamp = Math.round((us * 90_000) / 1e6);
        const capturedUs = us - (isSetBack ? stepUs : 0);
        fit.observe({ timestamp, arrivedUs: us + 50_000, capturedUs });
        const at = fit.at(timestamp);
        if (index > 300)
          worstUs = Math.max(worstUs, Math.abs(at - last - 33_333), Math.abs(at - us));
        last = at;
      }
      t.ok(worstUs < 20_000, `${worstUs} µs from where it belongs, set back by ${stepUs}`);
    }
  },
);

t.test('reports that are no longer true of timestamps are followed at last', async (t) => {
  const fit = new ClockFit(90_000);
  for (let index = 0; index < 3000; index++) {
    const us = index * 33_333;
    const timestamp = Math.round((us * 90_000) / 1e6);
    fit.observe({ timestamp, arrivedUs: us + 50_000, capturedUs: us - (us > 30e6 ? 2e6 : 0) });
  }
  const us = fit.at(3000 * 3000);
  t.ok(Math.abs(us - (3000 * 33_333 - 2e6)) < 20_000, `${us}`);
});

t.test('recorded time', async (t) => {
  const time = new RecordedTime(1000);
  t.equal(time.nowMs(99), 1000);
  t.equal(time.at(5_000_000), null, 'not begun');
  time.run(5_000_000);
  t.equal(time.at(4_999_999), null, 'captured before');
  t.equal(time.at(6_000_000), 2000);
  time.pause(7_000_000);
  t.equal(time.nowMs(9_000_000), 3000);
  t.equal(time.at(6_500_000), 2500, 'captured before the pause, and late');
  t.equal(time.at(8_000_000), null);
  time.run(10_000_000);
  t.equal(time.at(10_500_000), 3500);
  t.equal(time.at(8_000_000), null, 'also later');
});
