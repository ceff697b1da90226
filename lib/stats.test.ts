import t from 'tap';
import { CostModel } from './cost-model.js';
import { CONTRACT_VERSION, decodeStats, type EngineStats } from './engine/contract.gen.js';
import type { Handle } from './engine/handle.js';
import type { LiveRoom } from './room.js';
import { describeStats } from './stats.js';
import { acceptOffer, CAMERA, join, openMeeting, publish, settle } from './testing/meeting.js';

/** One row of each kind, all zero but for what is given. */
function engineStats(own: {
  transport: Handle;
  publication: Handle;
  outbound: Handle;
}): EngineStats {
  const stats = decodeStats(Float64Array.of(CONTRACT_VERSION, 0, 1, 1, 1, 1));
  Object.assign(stats.transports[0] as object, {
    handle: own.transport,
    state: 2,
    rttUs: 12_500,
    srtpProfile: 1,
    dropped: 3,
  });
  Object.assign(stats.inbound[0] as object, {
    publication: own.publication,
    ssrc: 5,
    jitterUs: 2000,
    packetsLost: -1,
    framesKey: 4,
  });
  Object.assign(stats.outbound[0] as object, {
    outbound: own.outbound,
    ssrc: 6,
    rtxSent: 7,
    remoteFractionLost: 0.25,
    rttUs: 30_000,
  });
  return stats;
}

t.test('rows are named by their objects; seconds, not microseconds', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  const { publications } = await publish(anna, [CAMERA]);
  const bert = join(meeting, 'bert');
  const { map } = await acceptOffer(bert);
  await settle();
  const created = meeting.engine.commands.flatMap((command) => {
    if (command.type === 'publicationCreate') return { publication: command.publication };
    if (command.type === 'subscriptionCreate') return { outbound: command.outbound };
    return [];
  });
  const { publication, outbound } = Object.assign({}, ...created);
  const bertsTransport = meeting.engine.commands.flatMap((command) =>
    command.type === 'outboundCreate' ? command.transport : [],
  )[0] as Handle;
  const stats = describeStats(
    engineStats({ transport: bertsTransport, publication, outbound }),
    new CostModel([0]).load(),
    [meeting.room as LiveRoom],
  );
  t.match(stats.transports, [
    {
      roomId: 'room',
      participantId: 'bert',
      direction: 'subscribe',
      state: 'connected',
      currentRoundTripTime: 0.0125,
      srtpCipher: 'aead_aes_128_gcm',
      packetsDiscarded: 3,
    },
  ]);
  const publicationId = publications[0]?.publication.id;
  t.match(stats.inbound, [
    { participantId: 'anna', publicationId, kind: 'video', jitter: 0.002, packetsLost: -1 },
  ]);
  const mid = map.find((slot) => slot.publicationId === publicationId)?.mid;
  t.match(stats.outbound, [
    { participantId: 'bert', publicationId, mid, roundTripTime: 0.03, remoteFractionLost: 0.25 },
  ]);
});

t.test('rows of objects that are gone are left out', async (t) => {
  const meeting = openMeeting();
  const gone = 99 as Handle;
  const stats = engineStats({ transport: gone, publication: gone, outbound: gone });
  const load = new CostModel([0]).load();
  const described = describeStats(stats, load, [meeting.room as LiveRoom]);
  const { transports, inbound, outbound, participants, rooms } = described;
  t.same([transports, inbound, outbound], [[], [], []]);
  t.same([participants, rooms], [0, 1]);
});
