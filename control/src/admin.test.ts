/** What the admin server of a media node shows, over real HTTP. */
import t from 'tap';
import { createNode, FakeEngine } from '../../lib/index.js';
import { buildNodeAdmin } from './admin.js';
import { InProcessNode } from './nodes/in-process-node.js';

const node = new InProcessNode(createNode({ engine: new FakeEngine() })).client;
t.teardown(() => node.close());

async function metricsOf(shown: typeof node): Promise<string> {
  const days = { certificateDaysLeft: () => 12.5 };
  const admin = buildNodeAdmin({ node: shown, isInContact: () => true, ...days });
  const origin = await admin.listen({ host: '127.0.0.1', port: 0 });
  try {
    const answer = await fetch(`${origin}/metrics`);
    t.equal(answer.status, 200);
    return await answer.text();
  } finally {
    await admin.close();
  }
}

t.test('a media node tells of itself, of its process and of its certificate', async (t) => {
  const shown = await metricsOf(node);
  t.match(shown, /^process_cpu_seconds_total [\d.]+$/m);
  t.match(shown, /^process_resident_memory_bytes \d+$/m);
  t.match(shown, /^process_open_fds \d+$/m);
  t.match(shown, /^plenum_node_certificate_days_left 12.5$/m);
  t.match(shown, /^plenum_(node|sfu)_/m);
  const names = shown.match(/(?<=^# TYPE )\S+/gm) ?? [];
  t.equal(new Set(names).size, names.length, 'each series is described once');
});

t.test('a node that fails hides nothing of its process', async (t) => {
  const failing = Object.create(node, {
    stats: { value: () => Promise.reject(new Error('it fails')) },
  });
  const shown = await metricsOf(failing);
  t.match(shown, /^process_cpu_seconds_total /m);
  t.notMatch(shown, /^plenum_sfu_/m);
});
