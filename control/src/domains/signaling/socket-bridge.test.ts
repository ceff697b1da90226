/** What a passed-on socket keeps while the other process takes nothing; over real sockets. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t, { type Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import type { CloseReason } from '../../schemas/errors.js';
import { SocketBridge } from './socket-bridge.js';

const text = 'x'.repeat(64 * 1024);
/** Four times the bound. */
const many = 256;

async function aServer(t: Test) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  t.teardown(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, 'listening');
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A client's socket as its process has it, joined to one at `url`. */
async function aBridge(t: Test, url: string) {
  const { server, url: own } = await aServer(t);
  const far = new WebSocket(own);
  far.on('error', () => {});
  t.teardown(() => far.terminate());
  const [client] = (await once(server, 'connection')) as [WebSocket];
  const owner = new WebSocket(url);
  owner.on('error', () => {});
  t.teardown(() => owner.terminate());
  const closed: CloseReason[] = [];
  const listener = { unreached: () => {}, close: (reason: CloseReason) => closed.push(reason) };
  return { bridge: new SocketBridge(client, owner, 'first', listener), owner, closed };
}

function flood(bridge: SocketBridge, closed: readonly CloseReason[]): number {
  for (let sent = 0; sent < many; sent++) {
    if (closed.length > 0) return sent;
    bridge.pass(text);
  }
  return many;
}

t.test('the other process does not answer: what is held has a bound', async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  t.teardown(() => silent.close());
  await once(silent, 'listening');
  const port = (silent.address() as AddressInfo).port;
  const { bridge, owner, closed } = await aBridge(t, `ws://127.0.0.1:${port}`);
  t.ok(flood(bridge, closed) <= 65);
  t.strictSame(closed, ['going_away']);
  t.equal(owner.readyState, WebSocket.CLOSING);
});

t.test('the other process reads nothing: what is unsent has a bound', async (t) => {
  const { server, url } = await aServer(t);
  const first = new Promise<string>((resolve) => {
    server.once('connection', (taken) => {
      taken.once('message', (data) => {
        taken.pause();
        resolve(String(data));
      });
    });
  });
  const { bridge, owner, closed } = await aBridge(t, url);
  t.equal(await first, 'first', 'what was read already goes first');
  const sent = flood(bridge, closed);
  t.ok(sent < many, `${sent} messages`);
  t.strictSame(closed, ['going_away']);
  await once(owner, 'close');
  t.strictSame(new Set(closed), new Set(['going_away']));
});
