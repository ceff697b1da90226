import t from 'tap';
import { createMeeting, enter } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);

async function meet(t: Parameters<typeof testControl>[0]) {
  const { origin, node, services } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const ada = await enter(origin, meeting, { host: true });
  const grace = await enter(origin, meeting);
  const { room_id: roomId, epoch } = ada.joined.d;
  return { origin, node, services, ada, grace, room: { roomId, epoch } };
}

t.test('what the client declares of its encodings reaches the node', async (t) => {
  const { node, ada, room } = await meet(t);
  const encodings = [
    { rid: 'q', max_bitrate_bps: 150_000, max_fps: 30, scale: 4 },
    { rid: 'f', max_bitrate_bps: 1_700_000 },
  ];
  const camera = { mid: '0', cid: 'cam', kind: 'video', source: 'camera', muted: false } as const;
  const microphone = { mid: '1', cid: 'mic', kind: 'audio', source: 'microphone' } as const;
  await ada.client.ask('publish.offer', {
    ...{ epoch: room.epoch, rev: 1, sdp: 'an offer' },
    tracks: [
      { ...camera, encodings },
      { ...microphone, muted: false, dtx: true, red: true },
    ],
  });
  const [offer] = node.callsOf('publishOffer') as [{ tracks: unknown[] }];
  t.strictSame(offer.tracks, [
    {
      ...camera,
      encodings: [
        { rid: 'q', maxBitrateBps: 150_000, maxFps: 30, scale: 4 },
        { rid: 'f', maxBitrateBps: 1_700_000 },
      ],
    },
    { ...microphone, muted: false, dtx: true, red: true },
  ]);
});

t.test('publish.layers goes to the publisher alone', async (t) => {
  const { node, ada, grace, room } = await meet(t);
  const encodings = [
    { rid: 'q', active: true, maxBitrateBps: 150_000 },
    { rid: 'f', active: false },
  ];
  const event = { ...room, participantId: ada.id, publicationId: 'p', encodings };
  node.say({ ...event, type: 'publish_layers' });
  t.strictSame((await ada.client.type('publish.layers')).d, {
    epoch: room.epoch,
    publication_id: 'p',
    encodings: [
      { rid: 'q', active: true, max_bitrate_bps: 150_000 },
      { rid: 'f', active: false },
    ],
  });
  await grace.client.ask('chat.send', { body: 'later' });
  t.notOk(grace.client.messages.some((message) => message.t === 'publish.layers'));
});

t.test('layers as they become known, for those who come later too', async (t) => {
  const { node, ada, grace, room } = await meet(t);
  const ids = { publicationId: 'p', participantId: ada.id };
  const camera = { kind: 'video', source: 'camera', muted: false, codec: 'vp8' } as const;
  const publication = { ...ids, ...camera, layers: [] };
  node.say({ ...room, type: 'publication_added', publication });
  const layers = [{ spatial: 0, temporal: 0, width: 320, height: 180, maxBitrateBps: 150_000 }];
  const update = { ...room, type: 'publication_updated', ...ids, layers } as const;
  node.say({ ...update, muted: false });
  node.say({ ...update, muted: false });
  node.say({ ...update, muted: true });
  const shown = [{ spatial: 0, temporal: 0, width: 320, height: 180, max_bitrate_bps: 150_000 }];
  const muted = await grace.client.type('publication.updated', ({ d }) => d.muted === true);
  t.strictSame(muted.d, { publication_id: 'p', muted: true });
  const updates = grace.client.messages.filter((message) => message.t === 'publication.updated');
  t.strictSame(updates[0]?.d, { publication_id: 'p', layers: shown });
  t.equal(updates.length, 2, 'nothing new is not told');
});

t.test('quality and states', async (t) => {
  const { node, ada, grace, room } = await meet(t);
  const quality = { score: 4, uplinkLoss: 0.01, downlinkLoss: 0, rttMs: 40 };
  node.say({ ...room, type: 'quality', items: [{ participantId: ada.id, ...quality }] });
  t.strictSame((await grace.client.type('quality')).d.items, [
    { participant_id: ada.id, score: 4, uplink_loss: 0.01, downlink_loss: 0, rtt_ms: 40 },
  ]);
  node.say({ ...room, type: 'quality', items: [{ participantId: ada.id, ...quality }] });
  node.say({ ...room, type: 'quality', items: [{ participantId: ada.id, ...quality, score: 2 }] });
  await grace.client.type('quality', ({ d }) => d.items[0]?.score === 2);
  const told = grace.client.messages.filter((message) => message.t === 'quality');
  t.equal(told.length, 2, 'nothing new is not told');
  const item = { publicationId: 'p', layer: { spatial: 1, temporal: 2 } };
  node.say({
    ...{ ...room, type: 'subscription_state', participantId: grace.id },
    items: [{ ...item, state: 'active', reason: 'bandwidth' }],
  });
  t.strictSame((await grace.client.type('subscription.state')).d.items, [
    {
      ...{ publication_id: 'p', layer: { spatial: 1, temporal: 2 } },
      ...{ state: 'active', reason: 'bandwidth' },
    },
  ]);
});

t.test('stats.report is read, bounded and not answered', async (t) => {
  const { ada } = await meet(t);
  const row = { id: 'a', type: 'inbound-rtp', packetsLost: 3, active: true };
  const report = { interval_ms: 10_000, transports: [], inbound: [row], outbound: [] };
  ada.client.send('stats.report', report);
  const wide = { ...row, note: 'x'.repeat(200) };
  ada.client.send('stats.report', { ...report, inbound: [wide] });
  const refused = await ada.client.type('error');
  t.match(refused.d, { code: 'bad_message', fatal: false });
  const large = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`name ${index}`, 'y'.repeat(100)]),
  );
  ada.client.send('stats.report', { ...report, inbound: [large, large, large] });
  const answer = await ada.client.type('error', ({ d }) => d.detail.includes('16 KiB'));
  t.equal(answer.d.code, 'bad_message');
  t.match(await ada.client.ask('chat.send', { body: 'still here' }), { t: 'ok' });
});

t.test('gaps in media are counted by cause, a bounded number in each report', async (t) => {
  const { ada, services } = await meet(t);
  const report = { interval_ms: 10_000, transports: [], inbound: [], outbound: [] };
  const [path, migration] = [
    { ms: 1_500, cause: 'path' },
    { ms: 2_500, cause: 'migration' },
  ] as const;
  ada.client.send('stats.report', { ...report, media_gaps: [path, migration, path] });
  const many = Array.from({ length: 17 }, () => path);
  ada.client.send('stats.report', { ...report, media_gaps: many });
  t.match((await ada.client.type('error')).d, { code: 'bad_message', fatal: false });
  const text = await services.metrics.registry.getSingleMetricAsString('plenum_media_gap_seconds');
  t.match(text, /^plenum_media_gap_seconds_sum\{cause="path"\} 3$/m);
  t.match(text, /^plenum_media_gap_seconds_bucket\{le="2",cause="path"\} 2$/m);
  t.match(text, /^plenum_media_gap_seconds_bucket\{le="2",cause="migration"\} 0$/m);
  t.match(text, /^plenum_media_gap_seconds_count\{cause="migration"\} 1$/m);
});

t.test('how long the first picture took is counted once for each socket', async (t) => {
  const { ada, services } = await meet(t);
  const report = { interval_ms: 10_000, transports: [], inbound: [], outbound: [] };
  for (const first_frame_ms of [undefined, 1200, 90_000]) {
    ada.client.send('stats.report', first_frame_ms ? { ...report, first_frame_ms } : report);
  }
  await ada.client.pinged();
  const text = await services.metrics.registry.getSingleMetricAsString(
    'plenum_join_first_frame_seconds',
  );
  t.match(text, /^plenum_join_first_frame_seconds_count 1$/m);
  t.match(text, /^plenum_join_first_frame_seconds_sum 1\.2$/m);
});
