/** JavaScript does nothing for a while: what a node forwards does not notice (R0.2). */
import t from 'tap';
import { createNode } from '../../lib/index.js';
import { type Manner, SteadyStream } from './support/steady-stream.js';

const OPUS = { payloadType: 111, codec: 'opus' } as const;
const STALLS: [leastMs: number, manner: Manner][] = [
  [200, 'asleep'],
  [200, 'busy'],
  [1000, 'asleep'],
  [200, 'busy'],
];

t.test('[T0.1] stalls of the thread that owns a node delay no packet', async (t) => {
  const node = createNode({ listen: [{ address: '127.0.0.1', port: 0 }] });
  t.teardown(() => node.close());
  node.on('refused', (error) => t.fail(error.message));
  const stream = new SteadyStream();
  t.teardown(() => stream.close());
  const ports = await stream.ports();
  const at = (port: number) => ({ remote: { address: '127.0.0.1', port } });

  const room = node.createRoom({ id: 'room' });
  const join = (id: string) => room.addParticipant({ id, autoSubscribe: false });
  const microphone = await join('speaker').createPlainTransport(at(ports.sender));
  const track = { kind: 'audio', source: 'microphone', codecs: [OPUS] } as const;
  const { id } = await microphone.publish(track);
  const loudspeaker = await join('listener').createPlainTransport(at(ports.receiver));
  loudspeaker.subscribe(id, { codecs: [OPUS] });
  await stream.begin(microphone.local);

  let delayed = 0;
  for (const [leastMs, manner] of STALLS) {
    const seen = stream.stall(leastMs, manner);
    delayed += seen.delayed;
    t.comment(
      `${manner} for ${seen.ms.toFixed(0)} ms: ${seen.sent} packets sent, ${seen.delayed} delayed, ` +
        `the slowest took ${(seen.slowestUs / 1000).toFixed(1)} ms`,
    );
    t.ok(seen.ms >= leastMs, `JavaScript did nothing for ${leastMs} ms`);
    t.equal(seen.delayed, 0, `all ${seen.sent} packets came back before JavaScript went on`);
    await new Promise((resolve) => setImmediate(resolve)); // what waited for the thread
  }
  t.equal(stream.strays, 0, 'in order, each once');
  t.comment(
    `conformance T0.1 packets delayed by ${STALLS.length} stalls of JavaScript threshold=0 got=${delayed}`,
  );
});
