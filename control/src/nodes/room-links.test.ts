/** Links as a node has them: nobody but the owner of the room ends them, and none is forgotten. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createNode, FakeEngine, type MediaNode } from '../../../lib/index.js';
import { projectRoot } from '../config.js';
import { InProcessNode } from './in-process-node.js';
import type { LinkEnd, LinkTrack, LocalNode, NodeEvent } from './node-client.js';

const room = { roomId: 'r', epoch: 1 };
const remote = { address: '127.0.0.1', port: 40_000 };

interface OneRoom {
  library: MediaNode;
  node: LocalNode;
  events: NodeEvent[];
  /** Codes of failures that nobody waits for. */
  failures: unknown[];
}

async function openRoom(t: Test): Promise<OneRoom> {
  const failures: unknown[] = [];
  const library = createNode({ engine: new FakeEngine() });
  const node = new InProcessNode(library, (error) =>
    failures.push((error as { code?: string }).code),
  ).client;
  t.teardown(() => node.close());
  const events: NodeEvent[] = [];
  node.onEvent((event) => events.push(event));
  await node.openRoom(room);
  return { library, node, events, failures };
}

const camera = { mid: '0', cid: 'cam', kind: 'video', source: 'camera', muted: false } as const;
const sdp = readFileSync(
  join(projectRoot, 'test/fixtures/sdp/chromium-offer-simulcast.sdp'),
  'utf8',
);

/** @returns the id of what is published. */
async function publish(node: LocalNode, participantId: string): Promise<string> {
  const ref = { ...room, participantId };
  await node.addParticipant({ ...ref, slots: { audio: 1, video: 1 } });
  const { publications } = await node.publishOffer({ ...ref, rev: 1, sdp, tracks: [camera] });
  return publications[0]?.publicationId ?? '';
}

let keyIds = 0;

function endOf(linkId: string): LinkEnd {
  const [send, receive] = [randomBytes(28), randomBytes(28)].map((key) => key.toString('base64'));
  keyIds += 1;
  return {
    ...room,
    linkId,
    remote,
    keys: { id: keyIds, send: send ?? '', receive: receive ?? '' },
  };
}

t.test('who had the room before closes no link of whoever has it now', async (t) => {
  const { node } = await openRoom(t);
  await node.openLink(endOf('link'));
  const next = { ...room, epoch: 2 };
  t.strictSame((await node.openRoom({ ...next, adopt: true })).links, ['link']);
  await t.rejects(node.closeLink({ ...room, linkId: 'link' }), { code: 'stale_epoch' });
  t.strictSame((await node.openRoom(next)).links, ['link']);
  await node.closeLink({ ...next, linkId: 'link' });
  t.strictSame((await node.openRoom(next)).links, []);
});

t.test('a link that is just being opened is closed all the same', async (t) => {
  const { node } = await openRoom(t);
  const opened = node.openLink(endOf('link'));
  await node.closeLink({ ...room, linkId: 'link' });
  await opened;
  t.strictSame((await node.openRoom(room)).links, []);
});

t.test('whoever takes the room is told of a link that is just being opened', async (t) => {
  const { node } = await openRoom(t);
  const opened = node.openLink(endOf('link'));
  const { links } = await node.openRoom({ ...room, epoch: 2, adopt: true });
  t.strictSame(links, ['link']);
  await opened;
});

t.test(
  'what comes over another link and does not fit is told of, and the node goes on',
  async (t) => {
    const there = await openRoom(t);
    await there.node.openLink(endOf('link'));
    const publicationId = await publish(there.node, 'ada');
    const [track] = there.events.flatMap((event) =>
      event.type === 'link_said' && event.word.type === 'track' ? [event.word.track] : [],
    );
    const { node, events, failures } = await openRoom(t);
    for (const linkId of ['first', 'second']) await node.openLink(endOf(linkId));
    const hear = (linkId: string, told: LinkTrack) =>
      node.hearLink({ ...room, linkId, word: { type: 'track', track: told } });
    await hear('first', track as LinkTrack);
    // Its streams are taken: what waits cannot be received when its turn comes.
    await hear('second', { ...(track as LinkTrack), publicationId: 'another' });
    await hear('second', track as LinkTrack);
    t.strictSame(failures, []);
    const word = { type: 'ended', publicationId, reason: 'ended' } as const;
    await node.hearLink({ ...room, linkId: 'first', word });
    t.strictSame(failures, ['conflict']);
    await publish(node, 'bert');
    t.equal(events.filter(({ type }) => type === 'publication_added').length, 1, 'it goes on');
  },
);

t.test('a wish that cannot be granted harms nobody', async (t) => {
  const { library, node, failures } = await openRoom(t);
  const slots = { audio: 1, video: 1 };
  const wish = (width: number) => [
    { publicationId: 'known', enabled: true, visible: true, priority: 100, width },
  ];
  for (const [participantId, width] of [['ada', -1] as const, ['bert', 320] as const]) {
    await node.addParticipant({ ...room, participantId, slots });
    await node.subscriptionSet({ ...room, participantId, items: wish(width) });
  }
  const eve = { ...room, participantId: 'eve' };
  await node.addParticipant({ ...eve, slots });
  const tracks = [{ ...camera, id: 'known' }];
  await node.publishOffer({ ...eve, rev: 1, sdp, tracks });
  t.strictSame(failures, ['bad_request']);
  const bert = library.rooms.get(room.roomId)?.participants.get('bert');
  t.match(bert?.subscriptions.get('known')?.settings, { width: 320 }, 'his is granted');
});
