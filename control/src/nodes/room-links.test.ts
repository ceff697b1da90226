/** Links as a node has them: nobody but the owner of the room ends them, and none is forgotten. */
import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { createNode, FakeEngine } from '../../../lib/index.js';
import { InProcessNode } from './in-process-node.js';
import type { LinkEnd, LocalNode, NodeEvent } from './node-client.js';

const room = { roomId: 'r', epoch: 1 };
const remote = { address: '127.0.0.1', port: 40_000 };

async function openRoom(t: Test): Promise<{ node: LocalNode; events: NodeEvent[] }> {
  const node = new InProcessNode(createNode({ engine: new FakeEngine() })).client;
  t.teardown(() => node.close());
  const events: NodeEvent[] = [];
  node.onEvent((event) => events.push(event));
  await node.openRoom(room);
  return { node, events };
}

function endOf(linkId: string): LinkEnd {
  const [send, receive] = [randomBytes(28), randomBytes(28)].map((key) => key.toString('base64'));
  return { ...room, linkId, remote, keys: { id: 1, send: send ?? '', receive: receive ?? '' } };
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
