import t from 'tap';
import { ProtocolError, type Timers } from '../../../client/src/index.js';
import { PublishTransport } from './publish-transport.js';
import { settled } from './testing/fake-devices.js';

type Waiting = () => void;

/** A browser's connection whose senders take a track when the test says so. */
class FakeConnection extends EventTarget {
  static replacing: Waiting[] = [];
  static isPatient = false;
  readonly transceivers: { mid: string; direction: string }[] = [];
  signalingState = 'stable';
  localDescription = { sdp: '' };

  addTransceiver(_track: unknown, { direction }: { direction: string }) {
    const replaceTrack = () =>
      new Promise<void>((resolve) => {
        if (FakeConnection.isPatient) FakeConnection.replacing.push(resolve);
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

  /** The senders that wait take what they were given, oldest first. */
  static async replace(): Promise<void> {
    FakeConnection.isPatient = false;
    for (const done of FakeConnection.replacing.splice(0)) done();
    await settled();
  }
}

/** A microphone that is published and heard; what the server is told after that. */
async function heard(refusals: ProtocolError[] = []) {
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
      queueMicrotask(call);
      return () => {};
    },
  };
  const offered: boolean[] = [];
  let id = 0;
  const transport = new PublishTransport({
    ...{ timers, epoch: 1, iceServers: [], videoCodec: undefined },
    sharing: () => 'text',
    isSaving: () => false,
    newId: () => `id-${++id}`,
    offer: ({ epoch, rev, tracks }) => {
      const refusal = refusals.shift();
      if (refusal) return Promise.reject(refusal);
      offered.push(...tracks.map(({ muted }) => muted ?? false));
      const publications = tracks.map(({ cid, mid }) => ({ cid, mid, publication_id: `p-${cid}` }));
      return Promise.resolve({ epoch, rev, sdp: '', publications });
    },
    update: ({ muted }) => Promise.resolve(told.push(muted)),
    remove: () => Promise.resolve(),
    failed: (error) => t.fail(String(error)),
  });
  const track = { kind: 'audio' } as MediaStreamTrack;
  await transport.publish('microphone', track, false);
  await settled();
  t.same(offered, [false]);
  FakeConnection.isPatient = true;
  return { transport, told, offered, track, waited };
}

t.test('plugged in again and unmuted while the sender takes the track: heard', async (t) => {
  const { transport, told, track } = await heard();
  void transport.silence('microphone');
  await FakeConnection.replace();
  t.same(told, [true]);
  FakeConnection.isPatient = true;
  void transport.publish('microphone', track, true);
  transport.setMuted('microphone', false);
  await FakeConnection.replace();
  t.same(told, [true, false], 'what was said last holds');
});

t.test('taken away and back before the sender has let go: heard', async (t) => {
  const { transport, told, track } = await heard();
  void transport.silence('microphone');
  void transport.publish('microphone', track, false);
  await FakeConnection.replace();
  t.notOk(told.at(-1) ?? false);
});

t.test('muted while a microphone that was withdrawn comes back: silent', async (t) => {
  const { transport, offered, track } = await heard();
  void transport.unpublish('microphone');
  await FakeConnection.replace();
  FakeConnection.isPatient = true;
  void transport.publish('microphone', track, false);
  transport.setMuted('microphone', true);
  await FakeConnection.replace();
  t.same(offered, [false, true]);
});

t.test('withdrawn while the sender takes another track: not offered again', async (t) => {
  const { transport, offered, track } = await heard();
  void transport.publish('microphone', track, false);
  void transport.unpublish('microphone');
  await FakeConnection.replace();
  t.same(offered, [false]);
});

t.test('an offer that came too fast is made again when the server says', async (t) => {
  const tooFast = [133, undefined].map((ms) => new ProtocolError('rate_limited', 'Too fast.', ms));
  const { transport, told, waited } = await heard(tooFast);
  t.same(waited, [133, 1000]);
  FakeConnection.isPatient = false;
  transport.setMuted('microphone', true);
  t.same(told, [true], 'it is known to the server');
});
