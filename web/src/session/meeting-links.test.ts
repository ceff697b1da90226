import t from 'tap';
import { addressIn, keepHostLink } from './meeting-links.js';
import { Settings } from './settings.js';
import { testStorage } from './test-storage.js';

const meeting = { code: 'abcdefghjkmn' };
const url = (secret: string) => `https://plenum.test/m/${meeting.code}#k=${secret}`;

t.test('a host’s link is kept apart from the address bar', async (t) => {
  const settings = new Settings(testStorage());
  keepHostLink(settings, url('mine'));
  t.equal(settings.hostSecret(meeting.code), 'mine');
});

t.test('a link is opened on the server that the page came from', (t) => {
  t.equal(addressIn('https://elsewhere.test/m/abc#k=s'), '/m/abc#k=s');
  t.end();
});
