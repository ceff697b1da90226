import t from 'tap';
import { Glide } from './glide.js';

const MS = 48; // ticks
const line = (offsetUs: number) => (timestamp: number) => (timestamp / MS) * 1000 + offsetUs;

t.test('a step becomes a slope that arrives', async (t) => {
  const glide = new Glide(48_000);
  const before = line(0);
  const after = line(-25_000);
  let last = glide.at(0, before(0));
  let timestamp = 0;
  for (let n = 1; n <= 60; n += 1) {
    timestamp += 20 * MS;
    const us = glide.at(timestamp, n < 10 ? before(timestamp) : after(timestamp));
    const distanceMs = (us - last) / 1000;
    t.ok(distanceMs >= 18.99 && distanceMs <= 21.01, `${distanceMs} ms`);
    last = us;
  }
  t.equal(last, after(timestamp), 'it is on the line again');
});

t.test('a jump is one, and so is the end of a silence', async (t) => {
  const glide = new Glide(48_000);
  glide.at(0, 0);
  t.equal(glide.at(20 * MS, 320_000), 320_000);
  t.equal(glide.at(40 * MS, 40_000), 40_000, 'back as well');
  t.equal(glide.at(2040 * MS, 2_080_000), 2_080_000, 'after two seconds there is time enough');
});
