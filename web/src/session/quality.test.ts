import t from 'tap';
import { withQualities } from './quality.js';

const of = (score: number, uplink_loss = 0, downlink_loss = 0) =>
  withQualities(new Map(), [
    { participant_id: 'p', score, uplink_loss, downlink_loss, rtt_ms: 20 },
  ]).get('p');

t.test('those who are not named stay as they were', (t) => {
  const item = { participant_id: 'p', score: 5, uplink_loss: 0, downlink_loss: 0, rtt_ms: 20 };
  const all = withQualities(new Map(), [item, { ...item, participant_id: 'q' }]);
  const later = withQualities(all, [{ ...item, score: 2 }]);
  t.same(
    [...later],
    [
      ['p', { level: 'poor' }],
      ['q', { level: 'good' }],
    ],
  );
  t.end();
});

t.test('three levels, and whose side loses packets', (t) => {
  t.same(of(5), { level: 'good' });
  t.same(of(4, 0.05), { level: 'good' });
  t.same(of(3), { level: 'fair' }, 'late, not lossy: no side');
  t.same(of(3, 0.05, 0.01), { level: 'fair', side: 'uplink' });
  t.same(of(2, 0, 0.3), { level: 'poor', side: 'downlink' });
  t.end();
});

t.test('with 10 % loss it is poor, though speech would be fair', (t) => {
  t.same(of(3, 0.1), { level: 'poor', side: 'uplink' });
  t.same(of(3, 0.08, 0.12), { level: 'poor', side: 'downlink' });
  t.end();
});
