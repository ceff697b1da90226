/**
 * Random meetings against a model: real sockets, a real database. After each run every client's own
 * picture, made from a snapshot and the events after it, is the model's, and so is a newcomer's
 * snapshot; events are numbered without gaps, and nothing is lost or doubled by cuts and repeats.
 * A failure prints its seed and the shortest meeting that shows it: PLENUM_TEST_SEED repeats it.
 */
import t from 'tap';
import { randomMeetings, runs } from '../../testing/test-meetings.js';

t.test(`the protocol: ${runs} meetings`, (t) =>
  randomMeetings(t, [
    ...(['say', 'hand', 'lower', 'role', 'lock'] as const),
    ...(['chat', 'join', 'leave', 'remove'] as const),
  ]),
);
