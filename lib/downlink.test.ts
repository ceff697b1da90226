import t from 'tap';
import type { Command, LayerRate } from './engine/contract.gen.js';
import type { Handle } from './engine/handle.js';
import type { LiveParticipant, Participant } from './participant.js';
import type { DeclaredEncoding } from './publication.js';
import type { Subscription } from './subscription.js';
import {
  acceptOffer,
  CAMERA,
  join,
  type Meeting,
  MICROPHONE,
  openMeeting,
  publish,
  settle,
} from './testing/meeting.js';

type CommandType = Command['type'];

function commandsOf<T extends CommandType>({ engine }: Meeting, type: T) {
  return engine.commands.filter((command) => command.type === type) as Extract<
    Command,
    { type: T }
  >[];
}

/** Engine time follows the meeting's clock. */
function nowUs({ clock }: Meeting): number {
  return 1000 * clock.now();
}

const THREE = ['q', 'h', 'f'].map((rid) => ({ rid }));

/** A camera in three encodings is looked at by anna, who is connected. */
async function watch(encodings: readonly DeclaredEncoding[] = THREE) {
  const meeting = openMeeting();
  const camera = { ...CAMERA, mid: '0', encodings };
  const bert = join(meeting, 'bert');
  await publish(bert, [camera], 1, 'chromium-offer-simulcast');
  const anna = join(meeting, 'anna');
  await acceptOffer(anna);
  const transport = connect(meeting);
  await settle();
  const subscription = [...anna.subscriptions.values()][0] as Subscription;
  return { meeting, anna, bert, transport, subscription };
}

function connect(meeting: Meeting, remote = '192.0.2.9:5'): Handle {
  const transport = commandsOf(meeting, 'outboundCreate').at(-1)?.transport as Handle;
  meeting.engine.emit({
    ...{ type: 'transportState', transport, remote, state: 'connected', reason: 'dtls_done' },
    profile: 'none',
  });
  return transport;
}

/** What the link carries, as a receiver says it who can say nothing else. */
async function estimate(meeting: Meeting, transport: Handle, bitrateBps: number) {
  meeting.engine.emit({ type: 'remoteEstimate', transport, atUs: nowUs(meeting), bitrateBps });
  await settle();
}

function measure(meeting: Meeting, kbps: readonly number[], alive = kbps.map(() => true)) {
  const { publication } = commandsOf(meeting, 'publicationCreate')[0] as { publication: Handle };
  const layers: LayerRate[] = kbps.map((rate, spatial) => ({
    ...{ spatial, temporal: 0, bitrateBps: 1000 * rate, alive: alive[spatial] ?? true },
    ...{ width: 320 * 2 ** spatial, height: 180 * 2 ** spatial, keyBytes: 0 },
  }));
  meeting.engine.emit({ type: 'layerRates', publication, atUs: nowUs(meeting), layers });
}

function lastTarget(meeting: Meeting) {
  const last = [
    ...commandsOf(meeting, 'subscriptionCreate'),
    ...commandsOf(meeting, 'subscriptionSet'),
  ].at(-1);
  return last?.active ? last.spatial : -1;
}

t.test('[R0.2] connected: the start rate and the first probes go to the pacer', async (t) => {
  const { meeting, transport } = await watch();
  const [first] = commandsOf(meeting, 'transportSetRates');
  t.match(first, { transport, targetBps: 600_000, pacingBps: 1_500_000, paddingBps: 0 });
  t.ok((first?.probes.length ?? 0) > 0, 'what more there is is asked at once');
  t.same(meeting.refused, []);
});

t.test('layers: what fits, down at once, up with patience', async (t) => {
  const { meeting, transport, subscription } = await watch();
  t.equal(lastTarget(meeting), 1, '600 kbit/s: nominal rates');
  measure(meeting, [150, 500, 1500]);
  await meeting.clock.pass(100);
  await estimate(meeting, transport, 4_000_000);
  await meeting.clock.pass(6000);
  await estimate(meeting, transport, 4_000_000);
  for (let second = 0; second < 25; second++) {
    await meeting.clock.pass(1000);
    meeting.engine.emit({
      ...{ type: 'reception', transport, atUs: nowUs(meeting), rttUs: 50_000 },
      ...{ expected: 100, lost: 0 },
    });
    await settle();
  }
  t.equal(lastTarget(meeting), 2);
  await estimate(meeting, transport, 300_000);
  t.equal(lastTarget(meeting), 0, 'in the turn in which it is heard');
  await estimate(meeting, transport, 60_000);
  t.equal(lastTarget(meeting), -1);
  t.match(subscription, { state: 'paused', reason: 'bandwidth' });
  t.match(commandsOf(meeting, 'subscriptionSet').at(-1), { pauseReason: 'bandwidth' });
  t.same(meeting.refused, []);
});

t.test('[R1.15] more is wanted: the limit of probes follows what could be used', async (t) => {
  const { meeting, anna } = await watch();
  measure(meeting, [150, 500, 1500]);
  await meeting.clock.pass(100);
  const { allocation } = (anna as LiveParticipant).subscribeTransport.downlink;
  t.equal(allocation?.desiredBps, 1_500_000);
  t.equal(Math.round((allocation?.wantBps ?? 0) / 1000), Math.round(1500 / 0.93));
});

t.test('the size of the tile limits; changes are answered together', async (t) => {
  const { meeting, transport, subscription } = await watch();
  measure(meeting, [150, 500, 1500]);
  await estimate(meeting, transport, 4_000_000);
  await meeting.clock.pass(100);
  const before = commandsOf(meeting, 'subscriptionSet').length;
  for (const width of [1280, 640, 320]) subscription.set({ width, height: (9 / 16) * width });
  await settle();
  t.equal(commandsOf(meeting, 'subscriptionSet').length, before, 'not at once');
  await meeting.clock.pass(75);
  t.equal(commandsOf(meeting, 'subscriptionSet').length, before + 1);
  t.equal(lastTarget(meeting), 0);
  t.equal(subscription.reason, 'none', 'it is all the tile can show');
});

t.test('hidden at once, visible at once', async (t) => {
  const { meeting, subscription } = await watch();
  subscription.set({ visible: false });
  await settle();
  t.match(commandsOf(meeting, 'subscriptionSet').at(-1), { active: false, pauseReason: 'hidden' });
  t.match(subscription, { state: 'paused', reason: 'hidden' });
  subscription.set({ visible: true });
  await settle();
  t.match(commandsOf(meeting, 'subscriptionSet').at(-1), { active: true });
});

t.test('the layer that flows is told, and that it is less than could be', async (t) => {
  const { meeting, subscription } = await watch();
  const created = commandsOf(meeting, 'subscriptionCreate')[0];
  const event = {
    type: 'subscriptionState',
    subscription: created?.subscription as Handle,
    ...({ state: 'active', reason: 'none', spatial: 1, temporal: 0 } as const),
  } as const;
  meeting.engine.emit(event);
  await settle();
  t.match(subscription, {
    ...{ state: 'active', reason: 'bandwidth' },
    layer: { spatial: 1, temporal: 0 },
  });
});

t.test('muted video costs nothing and keeps its place', async (t) => {
  const { meeting, bert, subscription } = await watch();
  const [publication] = [...bert.publications.values()];
  publication?.setMuted(true);
  await settle();
  t.match(subscription, { state: 'paused', reason: 'muted' });
  publication?.setMuted(false);
  await settle();
  t.equal(subscription.state, 'waiting');
  t.equal(lastTarget(meeting), 1);
});

t.test('[1.14] back within a minute: 0.8 of what the link carried', async (t) => {
  const { meeting, anna, transport } = await watch();
  await estimate(meeting, transport, 500_000);
  await meeting.clock.pass(1000);
  const seen = commandsOf(meeting, 'transportSetRates').at(-1)?.targetBps as number;
  anna.close();
  await meeting.clock.pass(30_000);
  const again = join(meeting, 'anna');
  await acceptOffer(again);
  connect(meeting);
  await settle();
  t.equal(commandsOf(meeting, 'transportSetRates').at(-1)?.targetBps, 0.8 * seen);
});

t.test('[R1.21] another path: from the start again, with probes', async (t) => {
  const { meeting, transport } = await watch();
  await estimate(meeting, transport, 350_000);
  connect(meeting, '192.0.2.9:5');
  await settle();
  const before = commandsOf(meeting, 'transportSetRates').length;
  connect(meeting, '198.51.100.1:7');
  await settle();
  const rates = commandsOf(meeting, 'transportSetRates').slice(before);
  t.ok(rates.some(({ probes }) => probes.length > 0));
  t.ok((rates[0]?.targetBps ?? 0) <= 600_000);
});

/** Ten feedback messages of media that arrives as it was sent, 1 Mbit/s. */
function feedback(transport: Handle, startUs: number) {
  return Array.from({ length: 10 }, (_, message) => {
    const sequences = Array.from({ length: 10 }, (_, index) => 10 * message + index);
    const sentUs = sequences.map((sequence) => startUs + 10_000 * sequence);
    return {
      type: 'congestionFeedback' as const,
      transport,
      feedbackUs: startUs + 100_000 * (message + 1) + 50_000,
      dataInFlight: 0,
      lastSentUs: sentUs.at(-1) as number,
      sequences: Float64Array.from(sequences),
      sentUs: Float64Array.from(sentUs),
      receivedUs: Float64Array.from(sentUs.map((at) => at + 25_000)),
      sizes: Uint32Array.from(sequences.map(() => 1250)),
      clusters: Int32Array.from(sequences.map(() => -1)),
      flags: Uint8Array.from(sequences.map((sequence) => (sequence % 10 === 0 ? 1 : 0))),
      clusterFacts: [],
      sentBinUs: Float64Array.from(sentUs),
      sentBinBytes: Uint32Array.from(sequences.map(() => 1250)),
    };
  });
}

t.test('[T0.1] feedback in, rates out: the same late as live', async (t) => {
  const play = async (isLate: boolean) => {
    const { meeting, transport } = await watch();
    const events = feedback(transport, nowUs(meeting));
    if (isLate) await meeting.clock.pass(1200);
    for (const event of events) {
      if (!isLate) await meeting.clock.pass(100);
      meeting.engine.emit(event);
      if (!isLate) await settle();
    }
    await settle();
    return commandsOf(meeting, 'transportSetRates').map(({ targetBps }) => targetBps);
  };
  const live = await play(false);
  t.ok(live.length > 5, `${live}`);
  t.same(await play(true), live);
});

t.test('nobody can use it: off after 5 s; somebody can: on at once', async (t) => {
  const { meeting, bert, anna, subscription } = await watch(
    ['q', 'h', 'f'].map((rid, index) => ({ rid, scale: 4 / 2 ** index, maxBitrateBps: 1000 })),
  );
  const told: string[] = [];
  bert.on('encodingDemand', ({ demand }) => {
    told.push(demand.map(({ active }) => (active ? '1' : '0')).join(''));
  });
  measure(meeting, [150]);
  await settle();
  subscription.set({ width: 640, height: 360 });
  await meeting.clock.pass(4900);
  t.same(told, []);
  await meeting.clock.pass(200);
  t.same(told, ['110'], 'the sizes of the others follow from the scales');
  subscription.set({ width: 1280, height: 720 });
  t.same(told, ['110', '111']);
  subscription.set({ visible: false });
  await meeting.clock.pass(4000);
  subscription.set({ visible: true });
  await meeting.clock.pass(4000);
  t.equal(told.length, 2, 'it came back in time');
  anna.close();
  await meeting.clock.pass(5100);
  t.same(told.at(-1), '000');
  join(meeting, 'cleo');
  t.same(told.at(-1), '111', 'before the newcomer has answered anything');
  const [publication] = [...bert.publications.values()];
  t.match(publication?.demand[0], { rid: 'q', active: true, maxBitrateBps: 1000 });
});

t.test('layers are described as they become known', async (t) => {
  const { meeting, bert } = await watch(
    [4, 2, 1].map((scale, index) => ({ rid: 'qhf'[index] as string, scale })),
  );
  const [publication] = [...bert.publications.values()];
  t.equal(publication?.layers.length, 3);
  let updates = 0;
  meeting.room.on('publicationUpdated', () => updates++);
  measure(meeting, [150]);
  await settle();
  measure(meeting, [170]);
  await settle();
  t.equal(updates, 1, 'rates alone are no news');
  t.match(publication?.layers, [
    { spatial: 0, width: 320, height: 180 },
    { spatial: 1, width: 640, height: 360 },
    { spatial: 2, width: 1280, height: 720 },
  ]);
});

t.test('who speaks comes first', async (t) => {
  const meeting = openMeeting();
  const people: Participant[] = [];
  for (const id of ['bert', 'cleo']) {
    const participant = join(meeting, id);
    await publish(participant, [MICROPHONE, CAMERA]);
    people.push(participant);
  }
  const anna = join(meeting, 'anna');
  await acceptOffer(anna);
  const transport = connect(meeting);
  await settle();
  await estimate(meeting, transport, 200_000);
  const flowing = () =>
    [...anna.subscriptions.values()]
      .filter(({ state, publication }) => publication.kind === 'video' && state !== 'paused')
      .map(({ publication }) => publication.participant.id);
  await meeting.clock.pass(10_000);
  await estimate(meeting, transport, 200_000);
  t.same(flowing(), ['bert']);
  const room = commandsOf(meeting, 'roomCreate')[0]?.room as Handle;
  const microphones = commandsOf(meeting, 'publicationCreate').filter(
    ({ kind }) => kind === 'audio',
  );
  const dominant = microphones[1]?.publication as Handle;
  meeting.engine.emit({ type: 'audioLevels', room, dominant, levels: [] });
  await settle();
  await meeting.clock.pass(3000);
  t.same(flowing(), ['cleo']);
});

t.test('nothing runs on after the last has left', async (t) => {
  const { meeting, anna, bert } = await watch();
  anna.close();
  bert.close();
  await meeting.clock.pass(120_000);
  t.equal(meeting.clock.waiting, 0);
  t.same(meeting.refused, []);
});
