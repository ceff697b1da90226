/** Participants of whom no packet comes, with the descriptions of a browser: what JavaScript does. */
import { once } from 'node:events';
import type { Participant } from '../../lib/index.js';
import { answerTo, CAMERA, MICROPHONE } from '../../lib/testing/meeting.js';
import { sdpFixture } from '../../lib/testing/sdp-fixtures.js';

/** Publishes a microphone and a camera. */
export async function publish(participant: Participant): Promise<void> {
  const sdp = sdpFixture('chromium-offer');
  await participant.publishTransport.answer({ rev: 1, sdp, tracks: [MICROPHONE, CAMERA] });
}

/** Answers the next offer, and all that follow at once. */
export async function receive({ subscribeTransport }: Participant): Promise<void> {
  let offer = subscribeTransport.pendingOffer ?? (await once(subscribeTransport, 'offer'))[0];
  while (offer) {
    await subscribeTransport.accept({ rev: offer.rev, sdp: answerTo(offer) });
    await new Promise((resolve) => setImmediate(resolve));
    offer = subscribeTransport.pendingOffer;
  }
}
