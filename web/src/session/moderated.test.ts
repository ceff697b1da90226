import t from 'tap';
import type { ServerPayloads } from '../../../client/src/index.js';
import type { LocalMedia } from './local-media.js';
import { Moderated } from './moderated.js';
import { Store } from './store.js';

/** What happened, in order; a microphone that is on. */
function setUp() {
  const told: unknown[] = [];
  const store = new Store({ muted: false });
  const setMuted = (muted: boolean) => store.set({ muted });
  const moderated = new Moderated({
    local: { store, setMuted } as unknown as LocalMedia,
    switches: { stopCamera: () => told.push('camera stopped'), ask: () => told.push('asked') },
    mutedAtNode: (source) => told.push(`node: ${source}`),
    stopSharing: () => told.push('sharing stopped'),
    blocked: () => told.push('blocked'),
    notify: ({ kind }) => told.push(kind),
  });
  const receive = (action: string, detail: object = {}) =>
    moderated.received({ action, by: null, detail } as ServerPayloads['moderated']);
  return { told, store, receive };
}

t.test('muted by a host: silent at once, and told', (t) => {
  const { told, store, receive } = setUp();
  receive('muted', { source: 'microphone' });
  t.equal(store.get().muted, true);
  t.same(told, ['node: microphone', 'mutedByHost']);
  receive('muted', { source: 'microphone' });
  t.same(told.slice(2), ['node: microphone'], 'who is silent already is not told again');
  t.end();
});

t.test('the question to unmute goes to the switches: no notice takes its place', (t) => {
  const { told, receive } = setUp();
  receive('asked_to_unmute', { source: 'microphone' });
  t.same(told, ['asked']);
  t.end();
});

t.test('camera and screen stop', (t) => {
  const { told, receive } = setUp();
  receive('muted', { source: 'camera' });
  receive('muted', { source: 'screen' });
  t.same(told, [
    ...['node: camera', 'camera stopped', 'cameraStoppedByHost'],
    ...['node: screen', 'sharing stopped', 'sharingStoppedByHost'],
  ]);
  t.end();
});

t.test('who is removed may come back, who is blocked may not', (t) => {
  const { told, receive } = setUp();
  receive('removed', { blocked: false });
  t.same(told, []);
  receive('removed', { blocked: true });
  t.same(told, ['blocked']);
  t.end();
});

t.test('role and hand are told', (t) => {
  const { told, receive } = setUp();
  receive('role', { role: 'co_host' });
  receive('hand_lowered');
  t.same(told, ['role', 'handLowered']);
  t.end();
});
