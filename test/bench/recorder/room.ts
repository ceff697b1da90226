/** A room of a node in this process, and people of a crowd in it. */
import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import { readPlace } from '../../../bench/forward/sdp.js';
import type { Film } from '../../../bench/recorder/media.js';
import { createNode, type Room } from '../../../lib/index.js';
import { CrowdProcess, type PersonClock } from '../../chaos/people/crowd-process.js';
import { publishOffer } from '../../chaos/people/media-sdp.js';

/** A room that lets everybody be heard, on a node of its own. */
export function openRoom(t: Test, port: number) {
  const node = createNode({ listen: [{ address: '127.0.0.1', port }] });
  t.teardown(() => node.close());
  const crowd = new CrowdProcess();
  t.teardown(() => crowd.end());
  return { room: node.createRoom({ id: randomUUID(), loudest: 0 }), node, crowd };
}

export interface Guest {
  person: number;
  film: Film;
  /** Where the node is to be reached, if not where it says. */
  port?: number;
  leavesSilence?: boolean;
  clock?: PersonClock;
}

/** Publishes a camera and a microphone. @returns the participant's id. */
export async function join(
  room: Room,
  crowd: CrowdProcess,
  { person, film, port, leavesSilence = false, clock = {} }: Guest,
): Promise<string> {
  let isConnected = () => {};
  const connected = new Promise<void>((resolve) => {
    isConnected = resolve;
  });
  const own = await crowd.open(person, '127.0.0.1', ({ event }) => {
    if (event === 'connected') isConnected();
  });
  const base = { transport: own.transport, ssrc: 1000 * person };
  const [audio, video] = [
    { ...base, kind: 'audio', mid: '0', ssrc: base.ssrc + 1 },
    { ...base, kind: 'video', mid: '1', ssrc: base.ssrc + 2, rtxSsrc: base.ssrc + 3 },
  ] as const;
  const offer = publishOffer(own, [audio, video]);
  const participant = room.addParticipant({ id: `${person}`, autoSubscribe: false });
  await crowd.setClock(person, clock);
  const answer = await participant.publishTransport.answer({ rev: 1, sdp: offer, tracks: 'all' });
  const place = readPlace(answer.sdp);
  await crowd.connect(own.transport, { ...place, port: port ?? place.port });
  await connected;
  const sound = { files: [film.audio], leavesSilence };
  await crowd.play({ person, isPicture: false, mid: '0', legs: [audio], ...sound });
  await crowd.play({ person, isPicture: true, mid: '1', legs: [video], files: film.video });
  return participant.id;
}
