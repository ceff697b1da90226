import t from 'tap';
import { createApi } from '../../../client/src/index.js';
import { addressIn, hostAddress, keepHostLink } from './meeting-links.js';
import { Settings } from './settings.js';

const meeting = { meeting_id: 'm1', code: 'abcdefghjkmn' };
const url = (secret: string) => `https://plenum.test/m/${meeting.code}#k=${secret}`;

function storage() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

function fakeServer() {
  const asked: string[] = [];
  const api = createApi(async (path, init) => {
    asked.push(`${init.method} ${path}`);
    return Response.json({ url: url(path.endsWith('/default') ? 'for-all' : 'of-the-host') });
  });
  return { api, asked };
}

t.test(
  'the address bar gets the link for participants, the browser keeps the host’s',
  async (t) => {
    const { api, asked } = fakeServer();
    const settings = new Settings(storage());
    const address = await hostAddress(api, settings, meeting, 'key-of-invite');
    t.equal(address, `/m/${meeting.code}#k=for-all`);
    t.equal(settings.hostSecret(meeting.code), 'of-the-host');
    t.same(asked, ['POST /v1/meetings/m1/invites', 'GET /v1/meetings/m1/invites/default']);
  },
);

t.test('a browser that has the host’s secret asks for no other one', async (t) => {
  const { api, asked } = fakeServer();
  const settings = new Settings(storage());
  keepHostLink(settings, url('mine'));
  await hostAddress(api, settings, meeting, 'key-of-invite');
  t.same(asked, ['GET /v1/meetings/m1/invites/default']);
  t.equal(settings.hostSecret(meeting.code), 'mine');
});

t.test('a link is opened on the server that the page came from', (t) => {
  t.equal(addressIn('https://elsewhere.test/m/abc#k=s'), '/m/abc#k=s');
  t.end();
});
