import t from 'tap';
import type { Source } from '../../../client/src/index.js';
import type { LocalMedia, LocalMediaState } from './local-media.js';
import { LocalSync } from './local-sync.js';
import type { PublishTransport } from './publish-transport.js';
import { Store } from './store.js';

const track = (name: string) => ({ name }) as unknown as MediaStreamTrack;

/** Devices that the test switches, and a transport that writes down what it is told. */
function setUp(state: Partial<LocalMediaState>) {
  const store = new Store<LocalMediaState>({
    ...{ microphone: { state: 'off' }, camera: { state: 'off' }, muted: true },
    ...{ devices: [], chosen: {} },
    ...state,
  });
  const told: unknown[][] = [];
  const write =
    (name: string) =>
    (...args: unknown[]) => {
      told.push([name, ...args]);
      return Promise.resolve();
    };
  const transport = {
    publish: write('publish'),
    setMuted: write('setMuted'),
    silence: write('silence'),
    unpublish: write('unpublish'),
  } as unknown as PublishTransport;
  const rights: { publish: Source[] } = { publish: ['microphone', 'camera'] };
  const local = {
    store,
    setMuted: (muted: boolean) => store.patch({ muted }),
    stopCamera: () => store.patch({ camera: { state: 'off' } }),
  };
  const sync = new LocalSync(local as unknown as LocalMedia, transport, () => rights.publish);
  return { store, told, sync, rights };
}

t.test('what is there at the start is published, what is not is left alone', (t) => {
  const microphone = track('microphone');
  const { sync, told } = setUp({ microphone: { state: 'on', track: microphone }, muted: false });
  sync.start();
  t.same(told, [['publish', 'microphone', microphone, false]]);
  t.end();
});

t.test('mute tells the switch, another device hands over its track', (t) => {
  const [first, second] = [track('first'), track('second')];
  const { store, sync, told } = setUp({ microphone: { state: 'on', track: first }, muted: false });
  sync.start();
  store.patch({ muted: true });
  store.patch({ microphone: { state: 'starting' } });
  store.patch({ microphone: { state: 'on', track: second } });
  t.same(told.slice(1), [
    ['setMuted', 'microphone', true],
    ['publish', 'microphone', second, true],
  ]);
  t.end();
});

t.test('a stopped camera is silenced once and published again when it returns', (t) => {
  const [first, second] = [track('first'), track('second')];
  const { store, sync, told } = setUp({ camera: { state: 'on', track: first } });
  sync.start();
  store.patch({ camera: { state: 'off' } });
  store.patch({ devices: [] });
  store.patch({ camera: { state: 'on', track: second } });
  t.same(told, [
    ['publish', 'camera', first, false],
    ['silence', 'camera'],
    ['publish', 'camera', second, false],
  ]);
  t.end();
});

t.test('a stopped sync says nothing', (t) => {
  const camera = track('camera');
  const { store, sync, told } = setUp({ camera: { state: 'on', track: camera } });
  sync.start();
  sync.stop();
  store.patch({ camera: { state: 'off' } });
  store.patch({ camera: { state: 'on', track: camera } });
  t.same(told, [['publish', 'camera', camera, false]]);
  t.end();
});

t.test('what is not allowed any more ends, and begins again when it is', (t) => {
  const camera = track('camera');
  const { sync, told, rights } = setUp({ camera: { state: 'on', track: camera } });
  sync.review();
  t.same(told, [], 'not started');
  sync.start();
  rights.publish = [];
  sync.review();
  sync.review();
  rights.publish = ['camera'];
  sync.review();
  t.same(told, [
    ['publish', 'camera', camera, false],
    ['unpublish', 'camera'],
    ['publish', 'camera', camera, false],
  ]);
  t.end();
});

t.test('what the server did not let through goes back on this side, and nothing else', (t) => {
  const [microphone, camera] = [track('microphone'), track('camera')];
  const { store, sync, told } = setUp({
    ...{ microphone: { state: 'on', track: microphone }, camera: { state: 'on', track: camera } },
    muted: false,
  });
  sync.start();
  const passing = ['abandoned', 'unknown_publication', 'rate_limited', 'stale_epoch'] as const;
  for (const code of [...passing, 'node_lost'] as const) {
    sync.refused('microphone', code);
    sync.refused('camera', code);
  }
  t.equal(told.length, 2, 'said of a transport that is gone, too fast, or while the room moves');
  sync.refused('camera', 'role_required');
  t.match(store.get(), { camera: { state: 'off' }, muted: false }, 'the microphone stays on');
  sync.refused('microphone', 'role_required');
  t.equal(store.get().muted, true);
  t.same(told.slice(2), [
    ['silence', 'camera'],
    ['setMuted', 'microphone', true],
  ]);
  t.end();
});
