import t from 'tap';
import type { Grants } from '../../../client/src/index.js';
import { LocalMedia } from './local-media.js';
import { Settings } from './settings.js';
import { Switches } from './switches.js';
import { FakeDevices } from './testing/fake-devices.js';

/** Somebody in a room with both devices on, who may do everything. */
async function inRoom() {
  const devices = new FakeDevices();
  const local = new LocalMedia(new Settings(undefined), devices.media, () => true);
  const grants: Grants = {
    ...{ publish: ['microphone', 'camera'], subscribe: true },
    ...{ chat: true, unmute: true },
  };
  const told: unknown[] = [];
  const switches = new Switches({
    local,
    grants: () => grants,
    notify: ({ kind }) => told.push(kind),
    withdraw: (kind) => told.push(`no ${kind}`),
    asked: (isAsked) => told.push(isAsked ? 'asked' : 'answered'),
  });
  switches.start();
  void local.open();
  await devices.allow();
  return { devices, local, grants, told, switches };
}

t.test('push to talk opens what was muted and closes only what it has opened', async (t) => {
  const { local, switches } = await inRoom();
  t.notOk(switches.talk(true), 'heard already: nothing to open');
  t.equal(local.store.get().muted, false);
  local.setMuted(true);
  t.ok(switches.talk(true));
  t.equal(local.store.get().muted, false);
  t.ok(switches.talk(false));
  t.equal(local.store.get().muted, true);
  t.notOk(switches.talk(false), 'a host has muted meanwhile');
});

t.test('nobody unmutes without the right to', async (t) => {
  const { local, switches, grants, told, devices } = await inRoom();
  local.setMuted(true);
  grants.unmute = false;
  await switches.toggleMute();
  t.notOk(switches.talk(true));
  t.same(told, ['unmuteDenied', 'unmuteDenied']);
  t.equal(local.store.get().muted, true);
  void local.choose('audioinput', 'other');
  await devices.allow();
  t.equal(devices.open.filter(({ kind }) => kind === 'audio').length, 0);
});

t.test('that somebody may not unmute is said until they may', async (t) => {
  const { local, switches, grants, told } = await inRoom();
  local.setMuted(true);
  grants.unmute = false;
  await switches.unmute();
  switches.obey(grants);
  t.same(told.splice(0), ['unmuteDenied'], 'it holds');
  grants.unmute = true;
  switches.obey(grants);
  t.same(told, ['no unmuteDenied']);
});

t.test('the question to unmute: answered by any way to unmute, never by muting', async (t) => {
  const { local, switches, told } = await inRoom();
  switches.ask();
  t.same(told, [], 'heard already');
  local.setMuted(true);
  switches.ask();
  await switches.toggleMute();
  t.same(told, ['asked', 'answered'], 'by the key');
  t.equal(local.store.get().muted, false);
  await switches.unmute();
  t.equal(local.store.get().muted, false, 'its button does not mute');
  local.setMuted(true);
  switches.ask();
  await switches.unmute();
  t.equal(local.store.get().muted, false);
  local.setMuted(true);
  switches.ask();
  switches.decline();
  t.equal(told.length, 6);
  t.equal(local.store.get().muted, true);
  switches.close();
  switches.ask();
  local.setMuted(false);
  t.equal(told.at(-1), 'asked', 'after the meeting nothing is watched');
});

t.test('rights that end while devices start: they do not come on, or come silent', async (t) => {
  const { local, switches, grants, devices } = await inRoom();
  local.stopCamera();
  void switches.toggleCamera();
  void local.choose('audioinput', 'other');
  switches.obey({ ...grants, publish: [] });
  await devices.allow();
  await devices.allow();
  t.equal(local.store.get().camera.state, 'off');
  t.same(devices.open, []);
});

t.test('a phone in the pocket: its camera comes back, but not past a host', async (t) => {
  const { local, switches, grants, devices } = await inRoom();
  const isOn = () => devices.live.some(({ kind }) => kind === 'video');
  switches.rest(true);
  switches.rest(true);
  t.notOk(isOn());
  switches.rest(false);
  await devices.allow();
  t.ok(isOn(), 'it comes back');

  switches.rest(true);
  switches.stopCamera();
  switches.rest(false);
  t.equal(devices.questions.length, 0, 'a host has stopped it meanwhile');

  void local.start('camera');
  switches.rest(true);
  await devices.allow();
  t.notOk(isOn(), 'hidden while it starts');
  switches.rest(false);
  await devices.allow();
  t.ok(isOn(), 'and back');

  switches.rest(true);
  grants.publish = ['microphone'];
  switches.rest(false);
  t.equal(devices.questions.length, 0, 'it is not allowed any more');
  await switches.toggleCamera();
  t.equal(devices.questions.length, 0);
});
