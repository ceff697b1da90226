/** When to try again after a lost socket: pure functions of the attempt (api §4). */

/** How long a seat is kept, and so how long a client tries; ms. */
export const seatKeptMs = 90_000;
/** Where no heartbeat is promised: nothing received for this long, and the socket is dead; ms. */
export const silenceLimitMs = 10_000;
/**
 * Promised to the server: something comes at least this often. It shows a loss when two are missed, and
 * that is in time for the 2 s that a loss may stay unseen; ms.
 */
export const heartbeatMs = 850;
/** Kept with room: a page that draws and decodes for more than a second is not lost; ms. */
export const beatAfterMs = 600;
/**
 * Nothing received for this long: the loss is shown. Two answers are missing then, which a lost packet
 * that TCP sends again does not do, and it is within the 2 s, too; ms.
 */
export const quietAfterMs = 1_750;
/**
 * … and for this long: another socket. Until here the old one is the better try, since it goes on with
 * the first packet that passes; from here TCP waits longer and longer before it tries again, and after a
 * change of network it tries in vain. A resume costs a few round trips and no media; ms.
 */
export const anotherSocketAfterMs = 3_500;
/** An event is acknowledged at the latest after this; ms. */
export const acknowledgeEveryMs = 2_000;
/** … or after this many events. */
export const acknowledgeEveryEvents = 50;

/**
 * A server that its supervisor starts again is there after 2 to 3 s: whoever has just tried then is back
 * within 8 s. Of the third step 4 s would be too much for that.
 */
const stepsMs = [1_000, 2_000, 3_000, 5_000, 7_000] as const;

/**
 * Delay before the next address is tried when all have failed `rounds` times, in ms: 0–1 s, then
 * 1, 2, 3, 5, 7, 7 … s ± 50 %. `random` is uniform in [0, 1).
 */
export function retryDelayMs(rounds: number, random: number): number {
  if (rounds === 0) return random * 1_000;
  const step = stepsMs[Math.min(rounds, stepsMs.length) - 1] ?? 7_000;
  return step * (0.5 + random);
}
