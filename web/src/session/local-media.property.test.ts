/**
 * Whatever happens to devices, by anybody and in any order: none is on that is not shown, or that
 * was switched off last. A failure prints its seed and the shortest list of events that shows it.
 */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { LocalMedia } from './local-media.js';
import { Settings } from './settings.js';
import { FakeDevices, settled } from './testing/fake-devices.js';

class Life {
  readonly devices = new FakeDevices();
  readonly local = new LocalMedia(new Settings(undefined), this.devices.media, () => false);
  /** Who may be on by what was pressed last. */
  readonly may = { camera: false, microphone: false, sound: false };
  private isOpen = false;

  open(): void {
    if (!this.isOpen) Object.assign(this.may, { camera: true, microphone: true, sound: true });
    this.isOpen = true;
    void this.local.open();
  }

  startCamera(): void {
    this.may.camera = true;
    void this.local.start('camera');
  }

  startMicrophone(): void {
    Object.assign(this.may, { microphone: true, sound: true });
    void this.local.start('microphone');
  }

  stopCamera(): void {
    this.may.camera = false;
    this.local.stopCamera();
  }

  mute(): void {
    this.may.sound = false;
    this.local.setMuted(true);
  }

  unmute(): void {
    this.may.sound = true;
    this.local.setMuted(false);
  }

  close(): void {
    Object.assign(this.may, { camera: false, microphone: false, sound: false });
    this.isOpen = false;
    this.local.close();
  }

  /** Undefined, or what is wrong. */
  get fault(): string | undefined {
    const { local, devices, may } = this;
    const { microphone, camera, muted } = local.store.get();
    const shown = new Set<unknown>([microphone.track, camera.track]);
    const isOn = (kind: string) => devices.live.some((track) => track.kind === kind);
    const isHeard = devices.open.some(({ kind }) => kind === 'audio');
    if (devices.live.some((track) => !shown.has(track))) return 'a device is on that is not shown';
    if (isHeard && muted) return 'heard and shown as muted';
    if (!isHeard && !muted && microphone.state !== 'starting') return 'shown as heard, and silent';
    if (isHeard && !may.sound) return 'heard after it was muted';
    if (isOn('video') && !may.camera) return 'a camera is on after it was stopped';
    if (isOn('audio') && !may.microphone) return 'a microphone is on that nobody wanted';
    const asks = (kind: 'audio' | 'video') =>
      devices.questions.filter(({ asked }) => asked[kind]).length;
    if (asks('audio') > 1 || asks('video') > 1) return 'two questions for one device';
    const starts = microphone.state === 'starting' || camera.state === 'starting';
    if (starts && devices.questions.length === 0) return 'it starts for ever';
    return undefined;
  }
}

type Event = (life: Life) => unknown;

const events: Readonly<Record<string, Event>> = {
  open: (life) => life.open(),
  startCamera: (life) => life.startCamera(),
  startMicrophone: (life) => life.startMicrophone(),
  stopCamera: (life) => life.stopCamera(),
  mute: (life) => life.mute(),
  unmute: (life) => life.unmute(),
  close: (life) => life.close(),
  chooseMicrophone: ({ local }) => void local.choose('audioinput', 'other'),
  chooseCamera: ({ local }) => void local.choose('videoinput', 'other'),
  flipCamera: ({ local }) => void local.flipCamera(),
  allow: ({ devices }) => devices.questions[0]?.allow(),
  allowLast: ({ devices }) => devices.questions.at(-1)?.allow(),
  deny: ({ devices }) => devices.questions[0]?.refuse('NotAllowedError'),
  isBusy: ({ devices }) => devices.questions[0]?.refuse('NotReadableError'),
  unplug: ({ devices }) => devices.live[0]?.unplug(),
};

/** The answer is what was wrong, with the event after which it was. */
async function live(names: readonly string[]): Promise<string | undefined> {
  const life = new Life();
  for (const name of names) {
    events[name]?.(life);
    await settled();
    if (life.fault !== undefined) return `${name}: ${life.fault}`;
  }
  return undefined;
}

t.test('no order of events leaves a device on', async (t) => {
  const given = process.env.PLENUM_TEST_SEED;
  const seed = given === undefined ? randomInt(2 ** 31) : Number(given);
  t.comment(`PLENUM_TEST_SEED=${seed}`);
  const orders = fc.array(fc.constantFrom(...Object.keys(events)), { maxLength: 24, size: 'max' });
  let runs = 0;
  const property = fc.asyncProperty(orders, async (names) => {
    runs += 1;
    const fault = await live(names);
    if (fault !== undefined) throw new Error(fault);
  });
  await fc.assert(property, { seed, numRuns: 1000 });
  t.ok(runs >= 1000);
});
