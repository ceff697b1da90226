import t from 'tap';
import { ProtocolError, type Timers } from '../../../client/src/index.js';
import { PublishTransport } from './publish-transport.js';
import { settled } from './testing/fake-devices.js';

type Waiting = () => void;

/** A browser's connection: its senders take a track, and time passes, when the test says so. */
class FakeConnection extends EventTarget {
  static waiting: Waiting[] = [];
  static isPatient = false;
  readonly transceivers: { mid: string; direction: string }[] = [];
  signalingState = 'stable';
  localDescription = { sdp: '' };

  addTransceiver(_track: unknown, { direction }: { direction: string }) {
    const replaceTrack = () =>
      new Promise<void>((resolve) => {
        if (FakeConnection.isPatient) FakeConnection.waiting.push(resolve);
        else resolve();
      });
    const mid = String(this.transceivers.length);
    const transceiver = { mid, direction, sender: { replaceTrack } };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  createOffer() {
    const lines = this.transceivers.map(
      ({ mid, direction }) =>
        `m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:${mid}\r\na=${direction}\r\n`,
    );
    return Promise.resolve({ sdp: lines.join('') });
  }

  setLocalDescription(description: { sdp: string }) {
    this.localDescription = description;
    return Promise.resolve();
  }

  setRemoteDescription() {
    return Promise.resolve();
  }

  /** The senders that wait take what they were given, and what waits for its time comes. */
  static async goOn(): Promise<void> {
    FakeConnection.isPatient = false;
    for (const done of FakeConnection.waiting.splice(0)) done();
    await settled();
  }
}

interface Refusals {
  offer?: ProtocolError[];
  /** Of "muted" and "unmuted". */
  update?: ProtocolError[];
  remove?: ProtocolError[];
}

const tooFast = (ms?: number) => new ProtocolError('rate_limited', 'Too fast.', ms);

/** A microphone that is published and heard; what the server is told after that. */
async function heard(refusals: Refusals = {}) {
  Object.assign(globalThis, {
    RTCPeerConnection: FakeConnection,
    RTCRtpSender: { getCapabilities: () => ({ codecs: [] }) },
  });
  const told: boolean[] = [];
  const waited: number[] = [];
  const timers: Timers = {
    now: () => 0,
    after(ms, call) {
      waited.push(ms);
      if (FakeConnection.isPatient) FakeConnection.waiting.push(call);
      else queueMicrotask(call);
      return () => {};
    },
  };
  const offered: boolean[] = [];
  /** How many tracks each offer has. */
  const offers: number[] = [];
  let id = 0;
  const transport = new PublishTransport({
    ...{ timers, epoch: () => 1, iceServers: [], videoCodec: undefined },
    sharing: () => 'text',
    isSaving: () => false,
    newId: () => `id-${++id}`,
    offer: ({ epoch, rev, tracks }) => {
      const refusal = refusals.offer?.shift();
      if (refusal) return Promise.reject(refusal);
      offers.push(tracks.length);
      offered.push(...tracks.map(({ muted }) => muted ?? false));
      const publications = tracks.map(({ cid, mid }) => ({ cid, mid, publication_id: `p-${cid}` }));
      return Promise.resolve({ epoch, rev, sdp: '', publications });
    },
    update: async ({ muted }) => {
      told.push(muted);
      const refusal = refusals.update?.shift();
      if (refusal) throw refusal;
    },
    remove: async () => {
      const refusal = refusals.remove?.shift();
      if (refusal) throw refusal;
    },
    failed: (error) => t.fail(String(error)),
  });
  const track = { kind: 'audio' } as MediaStreamTrack;
  await transport.publish('microphone', track, false);
  await settled();
  t.same(offered, [false]);
  FakeConnection.isPatient = true;
  return { transport, told, offered, offers, track, waited };
}

t.test('plugged in again and unmuted while the sender takes the track: heard', async (t) => {
  const { transport, told, track } = await heard();
  void transport.silence('microphone');
  await FakeConnection.goOn();
  t.same(told, [true]);
  FakeConnection.isPatient = true;
  void transport.publish('microphone', track, true);
  transport.setMuted('microphone', false);
  await FakeConnection.goOn();
  t.same(told, [true, false], 'what was said last holds');
});

t.test('taken away and back before the sender has let go: heard', async (t) => {
  const { transport, told, track } = await heard();
  void transport.silence('microphone');
  void transport.publish('microphone', track, false);
  await FakeConnection.goOn();
  t.notOk(told.at(-1) ?? false);
});

t.test('muted while a microphone that was withdrawn comes back: silent', async (t) => {
  const { transport, offered, track } = await heard();
  void transport.unpublish('microphone');
  await FakeConnection.goOn();
  FakeConnection.isPatient = true;
  void transport.publish('microphone', track, false);
  transport.setMuted('microphone', true);
  await FakeConnection.goOn();
  t.same(offered, [false, true]);
});

t.test('withdrawn while the sender takes another track: not offered again', async (t) => {
  const { transport, offered, track } = await heard();
  void transport.publish('microphone', track, false);
  void transport.unpublish('microphone');
  await FakeConnection.goOn();
  t.same(offered, [false]);
});

t.test('an offer that came too fast is made again when the server says', async (t) => {
  const { transport, told, waited } = await heard({ offer: [tooFast(133), tooFast()] });
  t.same(waited, [133, 1000]);
  FakeConnection.isPatient = false;
  transport.setMuted('microphone', true);
  t.same(told, [true], 'it is known to the server');
});

t.test('muted too fast: what is wanted last is told when the server says, once', async (t) => {
  const { transport, told, waited } = await heard({ update: [tooFast(133), tooFast()] });
  transport.setMuted('microphone', true);
  await settled();
  transport.setMuted('microphone', false);
  transport.setMuted('microphone', true);
  await settled();
  t.same(told, [true], 'no word before that');
  await FakeConnection.goOn();
  t.same(told, [true, true, true], 'refused once more');
  t.same(waited, [133, 1000]);
  transport.setMuted('microphone', true);
  transport.setMuted('microphone', false);
  t.same(told.slice(3), [false], 'the server knows it');
});

t.test('muted too fast, and unmuted before the server hears of it: no more is told', async (t) => {
  const { transport, told } = await heard({ update: [tooFast()] });
  transport.setMuted('microphone', true);
  await settled();
  transport.setMuted('microphone', false);
  await FakeConnection.goOn();
  t.same(told, [true]);
  transport.setMuted('microphone', true);
  t.same(told, [true, true], 'and the next one is');
});

t.test('muted and unmuted before the first answer: the last word is the last', async (t) => {
  const { transport, told } = await heard({ update: [tooFast()] });
  for (const muted of [true, false, true]) transport.setMuted('microphone', muted);
  transport.setMuted('microphone', false);
  await FakeConnection.goOn();
  t.same(told, [true], 'the server has it so');
});

t.test('unmuted too fast, and muted by a host meanwhile: not told again', async (t) => {
  const update: ProtocolError[] = [];
  const { transport, told } = await heard({ update });
  transport.setMuted('microphone', true);
  await settled();
  update.push(tooFast());
  transport.setMuted('microphone', false);
  await settled();
  transport.mutedByHost('microphone');
  await FakeConnection.goOn();
  t.same(told, [true, false]);
});

t.test('withdrawn too fast: the offer that follows is without it', async (t) => {
  const { transport, offers, waited } = await heard({ remove: [tooFast(133)] });
  FakeConnection.isPatient = false;
  await transport.unpublish('microphone');
  await settled();
  t.same(offers, [1, 0]);
  t.same(waited, [], 'no second word');
});
