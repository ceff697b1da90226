/**
 * What a participant takes of the heap of JavaScript, in meetings of several sizes:
 * ./run bench memory [--json FILE]
 *
 * What it takes of the engine is measured by native/engine/memory_test.cpp: resident memory of a
 * process says nothing of it, since V8 keeps more for garbage than all objects take.
 */
import { createNode, type MediaNode } from '../lib/index.js';
import { collectGarbage } from '../test/lifetime/support/garbage.js';
import { publish, receive } from './people/participants.js';
import { reportResult } from './results.js';

const PARTICIPANTS = 200;
const ROOM_SIZES = [2, 5, 12, 20];

async function used(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 200));
  await collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
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

async function measure(size: number): Promise<number> {
  const node = createNode({ listen: [{ address: '127.0.0.1', port: 0 }], maxLoad: null });
  const before = await used();
  await fill(node, size);
  const after = await used();
  node.close();
  return (after - before) / PARTICIPANTS;
}

await measure(2); // so that code and caches are there
const figures: Record<string, number> = {};
for (const size of ROOM_SIZES) {
  figures[`js_bytes_per_participant_of_${size}`] = await measure(size);
}
const largest = Math.max(...Object.values(figures));
reportResult(
  { bench: 'memory', work: { participants: PARTICIPANTS }, figures },
  `memory: at most ${(largest / 1024).toFixed(0)} KiB of JavaScript per participant`,
);
