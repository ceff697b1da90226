/** As model.test.ts, on lines that break and come back at any moment. */
import t from 'tap';
import { randomMeetings } from '../../testing/test-meetings.js';

// Half a minute of one core; others run beside it.
t.setTimeout(300_000);

t.test('resume: 1000 meetings on bad lines', (t) =>
  randomMeetings(t, 1000, [
    ...(['say', 'say', 'hand', 'role'] as const),
    ...(['cut', 'cut', 'resume', 'resume', 'join'] as const),
  ]),
);
