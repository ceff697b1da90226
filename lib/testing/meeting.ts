/** A node on FakeEngine and clients that answer with captured descriptions. For tests. */
import { FakeEngine } from '../engine/fake-engine.js';
import { createNode, type MediaNode } from '../node.js';
import type { Participant, ParticipantOptions } from '../participant.js';
import type { TrackDeclaration } from '../publication.js';
import type { PublishAnswer } from '../publish-transport.js';
import type { Room } from '../room.js';
import type { SubscribeOffer } from '../subscribe-transport.js';
import { FakeClock } from './fake-clock.js';
import { sdpFixture } from './sdp-fixtures.js';

export const MICROPHONE: TrackDeclaration = {
  mid: '0',
  cid: 'mic',
  kind: 'audio',
  source: 'microphone',
  muted: false,
};

export const CAMERA: TrackDeclaration = {
  mid: '1',
  cid: 'cam',
  kind: 'video',
  source: 'camera',
  muted: false,
};

export const SCREEN: TrackDeclaration = {
  mid: '2',
  cid: 'screen',
  kind: 'video',
  source: 'screen',
  muted: false,
};

export interface Meeting {
  engine: FakeEngine;
  clock: FakeClock;
  node: MediaNode;
  room: Room;
  /** Refused commands: none may ever come. */
  refused: Error[];
}

/** Over several shards everybody goes to the least loaded one. */
export function openMeeting(shards = 1): Meeting {
  const engine = new FakeEngine({ shards });
  const clock = new FakeClock();
  const node = createNode({ engine, clock, placement: shards > 1 ? 'apart' : 'together' });
  const refused: Error[] = [];
  node.on('refused', (error) => refused.push(error));
  return { engine, clock, node, room: node.createRoom({ id: 'room' }), refused };
}

/** Commands, statuses and events have come through: as many turns as the longest way takes. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

export function join(
  { room }: Meeting,
  id: string,
  slots: NonNullable<ParticipantOptions['slots']> = { audio: 4, video: 4 },
): Participant {
  return room.addParticipant({ id, slots });
}

/** Chromium publishes these tracks of its captured offer. */
export function publish(
  participant: Participant,
  tracks: TrackDeclaration[] = [MICROPHONE, CAMERA],
  rev = 1,
  fixture = 'chromium-offer',
): Promise<PublishAnswer> {
  const sdp = sdpFixture(fixture);
  return participant.publishTransport.answer({ rev, sdp, tracks });
}

/** What a client would answer: our offer turned round, with the credentials of a capture. */
export function answerTo({ sdp }: Pick<SubscribeOffer, 'sdp'>): string {
  const drop = /^a=(candidate|end-of-candidates|ice-lite|ssrc|ssrc-group|msid|setup|ice-|finger)/;
  const [, fingerprint] = /a=(fingerprint:.*)\r\n/.exec(sdpFixture('chromium-answer')) ?? [];
  const own = ['ice-ufrag:remote', `ice-pwd:${'p'.repeat(24)}`, 'setup:active', fingerprint]
    .map((attribute) => `a=${attribute}`)
    .join('\r\n');
  return sdp
    .split('\r\n')
    .filter((line) => !drop.test(line))
    .map((line) => (line === 'a=sendonly' ? `a=recvonly\r\n${own}` : line))
    .join('\r\n');
}

/** Takes the pending offer; gives what it said. */
export async function acceptOffer(participant: Participant): Promise<SubscribeOffer> {
  const { subscribeTransport } = participant;
  await settle();
  const offer = subscribeTransport.pendingOffer;
  if (!offer) throw new Error('no offer is pending');
  await subscribeTransport.accept({ rev: offer.rev, sdp: answerTo(offer) });
  await settle();
  return offer;
}
