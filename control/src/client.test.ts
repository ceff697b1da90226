/** The client package, as a program uses it, against a real server on real sockets. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import {
  type Connection,
  createApi,
  openWebSocket,
  realTimers,
  type ServerMessage,
  type ServerPayloads,
  Signaling,
  type Socket,
} from '../../client/src/index.js';
import { makeApiKey, makeUser } from './testing/test-accounts.js';
import { testControl } from './testing/test-control.js';
import { testDatabase, testServer } from './testing/test-database.js';

const server = await testServer(t);
const control = await testControl(t, await testDatabase(t, server));
const { origin } = control;
const api = createApi((path, init) => fetch(`${origin}${path}`, init));

t.test('calls by route: repeats, ETags and refusals', async (t) => {
  const key = randomUUID();
  const made = await api.call('POST /v1/meetings', { body: { title: 'One' }, key });
  const again = await api.call('POST /v1/meetings', { body: { title: 'One' }, key });
  t.equal(again.meeting.meeting_id, made.meeting.meeting_id);
  const params = { meeting_id: made.meeting.meeting_id };
  await t.rejects(api.call('GET /v1/meetings/{meeting_id}', { params }), {
    code: 'unauthenticated',
  });
  const user = await makeUser(control);
  const { headers } = await makeApiKey(origin, user, ['meetings:write']);
  const program = createApi((path, init) =>
    fetch(`${origin}${path}`, { ...init, headers: { ...init.headers, ...headers } }),
  );
  const own = await program.call('POST /v1/meetings', {
    body: { kind: 'persistent' },
    key: randomUUID(),
  });
  const place = { params: { meeting_id: own.meeting.meeting_id } };
  const { value, etag } = await program.read('GET /v1/meetings/{meeting_id}', place);
  t.equal(value.kind, 'persistent');
  const change = { ...place, body: { title: 'Two' }, ifMatch: etag };
  t.equal((await program.call('PATCH /v1/meetings/{meeting_id}', change)).title, 'Two');
  await t.rejects(program.call('PATCH /v1/meetings/{meeting_id}', change), {
    code: 'precondition_failed',
  });
  const list = await program.call('GET /v1/meetings', { query: { limit: 1 } });
  t.equal(list.items[0]?.title, 'Two');
});

/** Signaling with every event that it told, and the socket that it has now. */
class Stay {
  readonly states: Connection[] = [];
  readonly joined: ServerPayloads['joined'][] = [];
  readonly messages: ServerMessage[] = [];
  readonly signaling: Signaling;
  socket: Socket | undefined;
  private wake = () => {};

  constructor(urls: string[], joinToken: string) {
    const client = { name: 'test', version: '0', platform: 'node' };
    const caps = { codecs: ['opus'], slots: { audio: 1, video: 1 } };
    this.signaling = new Signaling(
      {
        openSocket: (url, listener) => {
          this.socket = openWebSocket(url, listener);
          return this.socket;
        },
        timers: realTimers,
        random: () => 0,
        newId: randomUUID,
      },
      { urls, joinToken, client, caps },
      {
        connection: (state) => this.tell(() => this.states.push(state)),
        waiting: () => {},
        joined: (payload) => this.tell(() => this.joined.push(payload)),
        message: (message) => this.tell(() => this.messages.push(message)),
      },
    );
    this.signaling.start();
  }

  private tell(note: () => void): void {
    note();
    this.wake();
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

t.test('a stay: joined, acts, hears, is cut off and goes on where it was', async (t) => {
  const { meeting, participant_link } = await api.call('POST /v1/meetings', {
    body: {},
    key: randomUUID(),
  });
  const secret = participant_link.split('#k=')[1] as string;
  const enter = async (display_name: string) => {
    const body = { code: meeting.code, secret, display_name };
    const seat = await api.call('POST /v1/join', { body, key: randomUUID() });
    const stay = new Stay(
      seat.signaling.map(({ url }) => url),
      seat.join_token,
    );
    await stay.until(() => stay.joined.length === 1);
    return stay;
  };
  const ada = await enter('Ada');
  const bob = await enter('Bob');
  await ada.signaling.command('chat.send', { body: 'one' });
  bob.socket?.close(4000);
  await bob.until(() => bob.states.at(-1) === 'reconnecting');
  const late = bob.signaling.command('hand.set', { raised: true });
  await ada.signaling.command('chat.send', { body: 'two' });
  await late;
  t.equal(bob.joined.at(-1)?.resumed, true);
  const bodies = () =>
    bob.messages.flatMap((message) => (message.t === 'chat.message' ? [message.d.body] : []));
  await bob.until(() => bodies().length === 2);
  t.strictSame(bodies(), ['one', 'two'], 'nothing lost, nothing twice');
  await ada.until(() => ada.messages.some((message) => message.t === 'hand.list'));
  await t.rejects(ada.signaling.command('mod.lock', { locked: true }), { code: 'role_required' });
  for (const stay of [ada, bob]) {
    stay.signaling.leave();
    t.equal(stay.states.at(-1), 'ended');
  }
});
