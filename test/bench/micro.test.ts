/** Every stage can be run, and the whole shard loses nothing. Nothing is timed. */
import t from 'tap';
import { readStages, runMicro } from '../../bench/micro/program.js';

t.test('every stage runs', async (t) => {
  const stages = await runMicro({
    ...{ minTimeS: 0.001, repetitions: 1, filter: '-forward_frames/200' },
  });
  const names = stages.map(({ name }) => name.replace(/\/\d+$/, ''));
  for (const name of [
    ...['parse_rtp', 'answer_stun_check', 'join_feedback', 'select_and_rewrite', 'write_header'],
    ...['pace', 'protect/gcm_openssl', 'protect/cm_openssl', 'unprotect/gcm_openssl'],
    ...['unprotect/cm_openssl', 'forward_frames'],
  ]) {
    t.ok(names.includes(name), name);
  }
  t.ok(
    stages.every(({ ns }) => ns > 0),
    'each has a time',
  );
  const shard = stages.find(({ name }) => name === 'forward_frames/50');
  const { packets_in: packetsIn, packets_out: packetsOut } = shard?.counts ?? {};
  t.equal(packetsOut, 50 * (packetsIn ?? 0), 'all packets reach all subscribers');
});

t.test('what cannot run here is left out', (t) => {
  const a = { name: 'a/manual_time', run_type: 'iteration', cpu_time: 5 };
  const benchmarks = [
    { ...a, items_per_second: 1e6, packets_out: 2 },
    { ...a, items_per_second: 5e5, packets_out: 3 },
    { ...a, run_type: 'aggregate', items_per_second: 7e5 },
    { name: 'b', run_type: 'iteration', cpu_time: 0, error_occurred: true },
    { name: 'c', run_type: 'iteration', cpu_time: 7 },
  ];
  t.same(readStages(JSON.stringify({ benchmarks })), [
    { name: 'a', ns: 1500, repetitions: [1000, 2000], counts: { packets_out: 5 } },
    { name: 'c', ns: 7, repetitions: [7], counts: {} },
  ]);
  t.end();
});
