import t from 'tap';
import type { TappedPacket } from '../tapped.js';
import { randomOf } from '../timeline/simulation.js';
import { Reorder } from './reorder.js';

function packet(sequence: number, arrivedUs = sequence * 1000): TappedPacket {
  const rest = {
    marker: true,
    codec: 'opus' as const,
    payload: Uint8Array.of(1),
    capturedUs: null,
  };
  return { sequence, timestamp: sequence * 960, arrivedUs, ...rest };
}

function listening(waitUs?: number) {
  const heard: (number | string)[] = [];
  const reorder = new Reorder(
    {
      packet: ({ sequence }) => heard.push(sequence),
      lost: (count) => heard.push(`-${count}`),
    },
    waitUs,
  );
  return { reorder, heard };
}

t.test('in order, each once', async (t) => {
  const { reorder, heard } = listening();
  for (const sequence of [105, 106, 108, 107, 107, 106, 109]) reorder.push(packet(sequence));
  t.strictSame(heard, [105, 106, 107, 108, 109]);
  t.equal(reorder.late, 2);
});

t.test('a hole is waited for, and no longer', async (t) => {
  const { reorder, heard } = listening();
  reorder.push(packet(101, 0));
  reorder.push(packet(103, 1000));
  reorder.push(packet(106, 2000));
  reorder.expire(1_000_999);
  t.strictSame(heard, [101]);
  reorder.expire(1_001_000);
  t.strictSame(heard, [101, '-1', 103], 'the second hole has its own time');
  reorder.expire(1_002_000);
  t.strictSame(heard, [101, '-1', 103, '-2', 106]);
  reorder.push(packet(104));
  t.strictSame(heard.at(-1), 106, 'too late');
});

t.test('a tap counts from 0: the first packets may come late', async (t) => {
  const { reorder, heard } = listening();
  for (const sequence of [2, 0, 1, 3]) reorder.push(packet(sequence, 0));
  t.strictSame(heard, [0, 1, 2, 3]);
});

t.test('a new beginning is one loss', async (t) => {
  const { reorder, heard } = listening();
  for (const sequence of [0, 1, 2, 50_000, 50_001]) reorder.push(packet(sequence, 0));
  t.strictSame(heard, [0, 1, 2, '-1', 50_000, 50_001]);
});

t.test('random orders against sorting', async (t) => {
  const seed = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 1_000_000);
  t.comment(`seed ${seed}`);
  const random = randomOf(seed);
  for (let round = 0; round < 200; round++) {
    const { reorder, heard } = listening(100_000);
    const lost = new Set<number>();
    const packets: TappedPacket[] = [];
    for (let sequence = 1; sequence < 200; sequence++) {
      if (random() < 0.05) lost.add(sequence);
      else packets.push(packet(sequence, sequence * 1000 + random() * 90_000));
      if (random() < 0.05 && !lost.has(sequence)) packets.push(packet(sequence, sequence * 1000));
    }
    packets.unshift(packet(0, 0));
    packets.sort((a, b) => a.arrivedUs - b.arrivedUs);
    for (const each of packets) reorder.push(each);
    reorder.flush();
    const came = heard.filter((item) => typeof item === 'number');
    const expected = Array.from({ length: 200 }, (_, index) => index).filter((n) => !lost.has(n));
    const tail = heard.filter((item) => typeof item === 'string');
    const missing = tail.reduce((sum, item) => sum - Number(item), 0);
    if (JSON.stringify(came) !== JSON.stringify(expected)) t.fail(`round ${round}: ${came}`);
    const inside = [...lost].filter((n) => n < Math.max(...expected)).length;
    if (missing !== inside) t.fail(`round ${round}: ${missing} of ${inside} are named`);
  }
  t.pass('200 rounds');
});
