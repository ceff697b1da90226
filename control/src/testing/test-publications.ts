import type { PublicationDescription } from '../nodes/node-client.js';
import type { RecordingNode } from './recording-node.js';
import type { enter } from './test-client.js';

type Entered = Awaited<ReturnType<typeof enter>>;

/** What the node says when somebody publishes; resolves when that person has heard of it. */
export async function publishes(
  node: RecordingNode,
  { client, joined, id }: Entered,
  source: PublicationDescription['source'],
  publicationId = `${source} of ${id}`,
): Promise<string> {
  const { room_id: roomId, epoch } = joined.d;
  const kind = source === 'microphone' || source === 'screen_audio' ? 'audio' : 'video';
  const publication: PublicationDescription = {
    ...{ publicationId, participantId: id, kind, source },
    ...{ muted: false, codec: kind === 'audio' ? 'opus' : 'VP8', layers: [] },
  };
  node.say({ roomId, epoch, type: 'publication_added', publication });
  await client.type('publication.added', ({ d }) => d.publication_id === publicationId);
  return publicationId;
}
