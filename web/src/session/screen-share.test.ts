import t from 'tap';
import type { PublishTransport } from './publish-transport.js';
import { ScreenShare } from './screen-share.js';
import { FakeDevices, settled } from './testing/fake-devices.js';

function setUp() {
  const devices = new FakeDevices();
  const told: string[] = [];
  const rights = { isAllowed: true };
  const write = (what: string) => (source: string) => {
    told.push(`${what} ${source}`);
    return Promise.resolve();
  };
  const transport = { publish: write('publish'), unpublish: write('unpublish') };
  const share = new ScreenShare(
    {
      transports: () => [transport as unknown as PublishTransport],
      isAllowed: () => rights.isAllowed,
      mode: () => 'text',
      shown: (screen) => told.push(screen ? 'shown' : 'gone'),
    },
    devices.media,
  );
  return { devices, told, rights, share };
}

t.test('a screen is shared and stopped, by the person or by the browser', async (t) => {
  const { devices, told, share } = setUp();
  void share.toggle();
  await devices.allow();
  t.same(told, ['shown', 'publish screen', 'publish screen_audio']);
  await share.toggle();
  t.same(told.slice(3), ['gone', 'unpublish screen', 'unpublish screen_audio']);
  t.same(devices.live, []);
  void share.toggle();
  await devices.allow();
  devices.live.find(({ kind }) => kind === 'video')?.unplug();
  await settled();
  t.equal(told.filter((what) => what === 'gone').length, 2);
  t.same(devices.live, []);
});

t.test('picked after the meeting is over, or when it is not allowed any more', async (t) => {
  const { devices, told, rights, share } = setUp();
  void share.toggle();
  rights.isAllowed = false;
  await devices.allow();
  t.same([told, devices.live], [[], []]);
  rights.isAllowed = true;
  void share.toggle();
  share.close();
  await devices.allow();
  t.same([told, devices.live], [['gone'], []]);
});

t.test('one question at a time; closed, it may be asked again', async (t) => {
  const { devices, told, share } = setUp();
  void share.toggle();
  void share.toggle();
  t.equal(devices.questions.length, 1);
  await devices.refuse('NotAllowedError');
  t.same(told, []);
  void share.toggle();
  await devices.allow();
  t.equal(devices.live.length, 2, 'a picture and its sound');
});

t.test('what ended before does not stop what is shared now', async (t) => {
  const { devices, told, share } = setUp();
  void share.toggle();
  await devices.allow();
  const [first] = devices.tracks;
  await share.toggle();
  void share.toggle();
  await devices.allow();
  first?.unplug();
  await settled();
  t.equal(told.filter((what) => what === 'gone').length, 1);
  t.equal(devices.live.length, 2);
});
