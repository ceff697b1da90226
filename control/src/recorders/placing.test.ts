import t from 'tap';
import { idleLoad } from '../testing/test-recorders.js';
import { placeRecording, type RecorderCandidate, recorderUnfitBecause } from './placing.js';

function candidate(recorderId: string, but: Partial<RecorderCandidate> = {}): RecorderCandidate {
  return {
    ...{ recorderId, region: 'eu', load: idleLoad, isDraining: false, silentMs: 0, promised: 0 },
    ...but,
  };
}

t.test('why a recorder gets nothing new', async (t) => {
  const loaded = (but: object) => ({ load: { ...idleLoad, ...but } });
  t.equal(recorderUnfitBecause(candidate('a')), null);
  t.equal(recorderUnfitBecause(candidate('a', { isDraining: true })), 'draining');
  t.equal(recorderUnfitBecause(candidate('a', { silentMs: 2500 })), 'silent');
  t.equal(recorderUnfitBecause(candidate('a', loaded({ isFull: true }))), 'full');
  t.equal(recorderUnfitBecause(candidate('a', loaded({ diskState: 'low' }))), 'full');
  t.equal(
    recorderUnfitBecause(candidate('a', { ...loaded({ stress: 0.7 }), promised: 6 })),
    'full',
  );
});

t.test('the least busy one of the region, else of another one', async (t) => {
  const busy = candidate('busy', { load: { ...idleLoad, stress: 0.5 } });
  const idle = candidate('idle', { promised: 1 });
  const far = candidate('far', { region: 'us' });
  const wish = { region: 'eu', except: [] as string[] };
  t.equal(placeRecording([busy, idle, far], wish), idle);
  t.equal(placeRecording([busy, idle, far], { ...wish, except: ['idle'] }), busy);
  t.equal(placeRecording([busy, idle, far], { ...wish, except: ['idle', 'busy'] }), far);
  t.equal(placeRecording([far], { region: 'eu', except: ['far'] }), null);
});
