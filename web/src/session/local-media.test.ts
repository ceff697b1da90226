import t, { type Test } from 'tap';
import { LocalMedia } from './local-media.js';
import { Settings } from './settings.js';
import { FakeDevices, settled } from './testing/fake-devices.js';

function setUp() {
  const devices = new FakeDevices();
  const local = new LocalMedia(new Settings(undefined), devices.media, () => false);
  return { devices, local };
}

/** Both devices are on, the microphone is heard. */
async function opened() {
  const { devices, local } = setUp();
  void local.open();
  await devices.allow();
  return { devices, local };
}

/** What is on is what is shown: the one thing that must never be otherwise. */
function isHonest(t: Test, { devices, local }: ReturnType<typeof setUp>, message: string) {
  const { microphone, camera, muted } = local.store.get();
  const shown = [microphone.track, camera.track].filter((track) => track !== undefined);
  t.same(new Set(devices.live), new Set(shown), `${message}: nothing is on that is not shown`);
  const isHeard = devices.open.some(({ kind }) => kind === 'audio');
  t.equal(isHeard, !muted, `${message}: ${muted ? 'silent' : 'heard'}`);
}

const state = ({ local }: ReturnType<typeof setUp>) => {
  const { microphone, camera, muted } = local.store.get();
  return [microphone.state, camera.state, muted];
};

t.test('one question for both; the second look at the link asks nothing', async (t) => {
  const it = setUp();
  void it.local.open();
  t.same(Object.keys(it.devices.questions[0]?.asked ?? {}), ['audio', 'video']);
  t.same(state(it), ['starting', 'starting', true]);
  await it.devices.allow();
  t.same(state(it), ['on', 'on', false]);
  it.local.stopCamera();
  it.local.setMuted(true);
  await it.local.open();
  t.equal(it.devices.questions.length, 0, 'what was switched off stays off');
  t.same(state(it), ['on', 'off', true]);
  isHonest(t, it, 'looked at again');
  it.local.close();
  isHonest(t, it, 'closed');
});

t.test('closed before the person has answered: what comes is stopped', async (t) => {
  const it = setUp();
  void it.local.open();
  it.local.close();
  await it.devices.allow();
  t.equal(it.devices.tracks.length, 2);
  t.same(state(it), ['off', 'off', true]);
  isHonest(t, it, 'closed');
});

t.test('closed and opened again: the question that is open is for the second time', async (t) => {
  const it = setUp();
  void it.local.open();
  it.local.close();
  const opening = it.local.open();
  t.equal(it.devices.questions.length, 1);
  await it.devices.allow();
  await opening;
  t.same(state(it), ['on', 'on', false]);
  isHonest(t, it, 'opened again');
});

t.test('pressed twice while it starts: one question, one track', async (t) => {
  for (const source of ['camera', 'microphone'] as const) {
    const it = setUp();
    const presses = [it.local.start(source), it.local.start(source)];
    t.equal(it.devices.questions.length, 1, source);
    await it.devices.allow();
    await Promise.all(presses);
    t.equal(it.devices.live.length, 1);
    isHonest(t, it, source);
  }
});

t.test('stopped by anybody while it starts: it does not come on', async (t) => {
  const it = setUp();
  void it.local.start('camera');
  it.local.stopCamera();
  await it.devices.allow();
  t.same(state(it), ['off', 'off', true]);
  isHonest(t, it, 'stopped');
  void it.local.start('camera');
  it.local.stopCamera();
  void it.local.start('camera');
  await it.devices.allow();
  t.equal(it.local.store.get().camera.state, 'on', 'the last press counts');
  isHonest(t, it, 'pressed again');
});

t.test('two microphones chosen while muted: silent, and only the second is on', async (t) => {
  const it = await opened();
  it.local.setMuted(true);
  void it.local.choose('audioinput', 'first');
  void it.local.choose('audioinput', 'second');
  t.equal(it.devices.live.filter(({ kind }) => kind === 'audio').length, 0, 'the former stopped');
  t.equal(it.devices.questions.length, 1, 'one question at a time');
  await it.devices.allow();
  isHonest(t, it, 'the first has come');
  t.match(it.devices.questions[0]?.asked, { audio: { deviceId: { exact: 'second' } } });
  await it.devices.allow();
  t.same(state(it), ['on', 'on', true]);
  t.equal(it.local.store.get().chosen.audioinput, 'second');
  isHonest(t, it, 'the second has come');
});

t.test('muted while another microphone takes over: it comes silent', async (t) => {
  const it = await opened();
  void it.local.choose('audioinput', 'other');
  t.equal(it.local.store.get().muted, false, 'the switch stays where it was');
  it.local.setMuted(true);
  t.equal(it.local.store.get().muted, true);
  await it.devices.allow();
  t.same(state(it), ['on', 'on', true]);
  isHonest(t, it, 'muted meanwhile');
  await it.local.start('microphone');
  t.equal(it.devices.questions.length, 0, 'it is there already');
  isHonest(t, it, 'unmuted');
});

t.test('muted while the first microphone starts: it comes silent', async (t) => {
  const it = setUp();
  void it.local.start('microphone');
  it.local.setMuted(true);
  await it.devices.allow();
  t.same(state(it), ['on', 'off', true]);
  isHonest(t, it, 'muted meanwhile');
});

t.test('unplugged while muted: the next one is silent from its first moment', async (t) => {
  const it = await opened();
  it.local.setMuted(true);
  const heard: boolean[] = [];
  it.local.store.subscribe(() => heard.push(it.devices.open.some(({ kind }) => kind === 'audio')));
  it.devices.holdList();
  it.devices.tracks.find(({ kind }) => kind === 'audio')?.unplug();
  await it.devices.allow();
  t.same(state(it), ['on', 'on', true]);
  t.notOk(heard.includes(true), 'never heard, also before the list of devices has come');
  isHonest(t, it, 'another took over');
});

t.test('unplugged while heard: the next one is heard, and none is told as muted', async (t) => {
  const it = await opened();
  it.devices.tracks.find(({ kind }) => kind === 'audio')?.unplug();
  t.same(state(it), ['starting', 'on', false]);
  await it.devices.allow();
  t.same(state(it), ['on', 'on', false]);
  isHonest(t, it, 'another took over');
  it.devices.live.find(({ kind }) => kind === 'audio')?.unplug();
  await it.devices.refuse('NotFoundError');
  t.same(state(it), ['missing', 'on', true]);
  isHonest(t, it, 'none is left');
});

t.test('a choice in a meeting switches nothing on', async (t) => {
  const it = setUp();
  void it.local.open();
  await it.devices.refuse('NotAllowedError');
  t.same(state(it), ['denied', 'denied', true]);
  await it.local.choose('audioinput', 'other');
  await it.local.choose('videoinput', 'other');
  t.equal(it.devices.questions.length, 0);
  void it.local.choose('videoinput', 'third', true);
  await it.devices.allow();
  t.same(state(it), ['denied', 'on', true], 'before joining, one that had failed');
  it.local.stopCamera();
  await it.local.choose('videoinput', 'fourth', true);
  t.equal(it.devices.questions.length, 0, 'nor there what the person has switched off');
});

t.test('refused together: each alone, and stopped meanwhile it stays off', async (t) => {
  const it = setUp();
  void it.local.open();
  await it.devices.refuse('NotReadableError');
  t.same(Object.keys(it.devices.questions[0]?.asked ?? {}), ['audio']);
  await it.devices.allow();
  isHonest(t, it, 'the microphone alone');
  t.same(Object.keys(it.devices.questions[0]?.asked ?? {}), ['video']);
  it.local.close();
  await it.devices.allow();
  isHonest(t, it, 'closed');
  void it.local.open();
  await it.devices.refuse('NotReadableError');
  it.local.close();
  await it.devices.allow();
  t.equal(it.devices.questions.length, 0, 'a camera that is not wanted any more is not asked for');
  isHonest(t, it, 'closed again');
});

t.test('a phone turns its camera twice: the last side is on', async (t) => {
  const it = await opened();
  void it.local.flipCamera();
  void it.local.flipCamera();
  await it.devices.allow();
  t.match(it.devices.questions[0]?.asked, { video: { facingMode: 'user' } });
  await it.devices.allow();
  isHonest(t, it, 'turned');
  it.local.stopCamera();
  await it.local.flipCamera();
  t.equal(it.devices.questions.length, 0, 'one that is off stays off');
});

t.test('without devices of any kind everything is missing', async (t) => {
  const local = new LocalMedia(new Settings(undefined), undefined, () => false);
  await local.open();
  await settled();
  t.match(local.store.get(), { microphone: { state: 'missing' }, camera: { state: 'missing' } });
});
