/** The benchmark's own programs: what they say is true of what happened. Nothing is timed. */
import t, { type Test } from 'tap';
import { type Measurement, measure } from '../../bench/forward/measure.js';
import { readCommandLine } from '../../bench/forward/options.js';
import { openPlace } from '../../bench/forward/place.js';
import { World } from '../../bench/forward/world.js';

/** Small and slow: it is run beside everything else. */
const SMALL = '--subscribers 3 --observe 1 --rate 400 --seconds 1';

async function measureBoth(t: Test, command: string) {
  const { options } = readCommandLine(`${SMALL} ${command}`.split(' '));
  const place = openPlace(options);
  const world = new World(options, place);
  t.teardown(async () => {
    await world.close();
    place.close();
  });
  await world.open();
  const node = await measure(world, 'node', options.seconds);
  return { node, ideal: await measure(world, 'ideal', options.seconds) };
}

function checkOutcome(t: Test, { target, load, packetsOut }: Measurement): void {
  t.ok(load.sent > 0 && packetsOut > 0, `${target}: packets flow`);
  t.equal(load.counted, load.expected, `${target}: nothing is lost`);
  t.ok(load.verified > 0, `${target}: what arrives can be decrypted`);
  t.same([load.corrupted, load.undecryptable], [0, 0], `${target}: as it was sent`);
  t.equal(load.delayNs.count, load.verified, `${target}: every packet is timed`);
}

for (const command of [
  '--profile gcm',
  '--profile cm',
  '--transport plain',
  '--gso off --gro off',
  '--kind audio --publishers 4 --frame 1 --rate 50 --bytes 120',
]) {
  t.test(`1 to 3 by node and ideal: ${command}`, async (t) => {
    const { node, ideal } = await measureBoth(t, command);
    checkOutcome(t, node);
    checkOutcome(t, ideal);
    t.ok(ideal.sendMessages > 0, 'messages are counted');
  });
}

t.test('options that do not exist are refused', (t) => {
  t.throws(() => readCommandLine(['--profil', 'gcm']), /options:/);
  t.throws(() => readCommandLine(['--profile', 'aes']), /gcm or cm/);
  t.throws(() => readCommandLine(['--rate', 'many']), /a number/);
  t.throws(() => readCommandLine(['--row', '99']), /rows:/);
  t.end();
});
