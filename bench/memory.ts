/**
 * What a participant takes of the memory of a node's process, in meetings of several sizes:
 * ./run bench memory [--json FILE]
 *
 * No packet flows: history and what DTLS keeps are not in it. Those are native/engine/memory_test.
 */
import { createNode, type MediaNode } from '../lib/index.js';
import { collectGarbage } from '../test/lifetime/support/garbage.js';
import { publish, receive } from './people/participants.js';
import { reportResult } from './results.js';

const PARTICIPANTS = 200;
const ROOM_SIZES = [2, 5, 10, 20];

interface Share {
  heap: number;
  rss: number;
}

async function used(): Promise<Share> {
  await new Promise((resolve) => setTimeout(resolve, 200));
  await collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}

async function fill(node: MediaNode, size: number): Promise<void> {
  for (let number = 0; number < PARTICIPANTS / size; number += 1) {
    const room = node.createRoom({ id: `room-${number}` });
    const slots = { audio: size - 1, video: size - 1 };
    const people = Array.from({ length: size }, (_, at) =>
      room.addParticipant({ id: `${at}`, slots }),
    );
    for (const person of people) await publish(person);
    for (const person of people) await receive(person);
  }
}

async function measure(size: number): Promise<Share> {
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const node = createNode({ listen, maxLoad: null });
  const before = await used();
  await fill(node, size);
  const after = await used();
  node.close();
  return {
    heap: (after.heap - before.heap) / PARTICIPANTS,
    rss: (after.rss - before.rss) / PARTICIPANTS,
  };
}

const figures: Record<string, number> = {};
await measure(2); // so that code and caches are there
let largest = 0;
for (const size of ROOM_SIZES) {
  const { heap, rss } = await measure(size);
  figures[`js_bytes_per_participant_of_${size}`] = heap;
  figures[`rss_bytes_per_participant_of_${size}`] = rss;
  if (size === 10) largest = heap;
}
reportResult(
  { bench: 'memory', work: { participants: PARTICIPANTS }, figures },
  `memory: ${(largest / 1024).toFixed(0)} KiB of JavaScript per participant in meetings of 10`,
);
