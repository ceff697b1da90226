/** A client publishes a microphone and a camera, by the offer of a browser. */
import type { TrackDeclaration } from '../schemas/client-messages.js';
import type { TestClient } from './test-client.js';
import { sdpFixture } from './test-endpoints.js';

export const offerSdp = sdpFixture('chromium-offer');

export const offerTracks: TrackDeclaration[] = [
  { mid: '0', cid: 'mic', kind: 'audio', source: 'microphone', muted: false },
  { mid: '1', cid: 'cam', kind: 'video', source: 'camera', muted: false },
];

/** With its first offer under this epoch. @returns what the publications are called. */
export async function publish(
  { client }: { client: TestClient },
  epoch: number,
): Promise<string[]> {
  const offer = { epoch, rev: 1, sdp: offerSdp, tracks: offerTracks };
  const answer = await client.ask('publish.offer', offer);
  if (answer.t !== 'publish.answer') throw new Error(JSON.stringify(answer));
  return answer.d.publications.map(({ publication_id }) => publication_id);
}
