/** As model.test.ts, on lines that break and come back at any moment. */
import t from 'tap';
import { randomMeetings, runs } from '../../testing/test-meetings.js';

t.test(`resume: ${runs} meetings on bad lines`, (t) =>
  randomMeetings(t, [
    ...(['say', 'say', 'hand', 'role'] as const),
    ...(['cut', 'cut', 'resume', 'resume', 'join'] as const),
  ]),
);
