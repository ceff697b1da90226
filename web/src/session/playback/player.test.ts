import t from 'tap';
import { ProtocolError } from '../../../../client/src/index.js';
import { HandTimers } from '../../../../client/src/testing/hand-timers.js';
import { FakeMedia } from '../testing/fake-media.js';
import { FileUrls } from './file-urls.js';
import { originOf } from './media-element.js';
import { Player } from './player.js';
import type { Lane } from './timeline.js';

const settled = () => new Promise(setImmediate);

function lane(id: string, ...spans: [number, number][]): Lane {
  const pieces = spans.map(([startMs, endMs], index) => ({
    fileId: `${id}${index}`,
    startMs,
    endMs,
  }));
  return { id, kind: 'video', participantId: id, pieces };
}

/** A player of a minute, with a server that signs addresses. */
function cinema(durationMs = 60_000) {
  const timers = new HandTimers();
  const signed: string[] = [];
  const server: { refuses: ProtocolError | undefined } = { refuses: undefined };
  const ask = async (fileId: string) => {
    signed.push(fileId);
    if (server.refuses) throw server.refuses;
    return { url: `/${fileId}?${signed.length}`, expires_at: '2026-01-01T00:05:00.000Z' };
  };
  const urls = new FileUrls(ask, timers.now);
  const player = new Player({ urls, timers }, durationMs);
  const seat = (one: Lane) => {
    const media = new FakeMedia(timers);
    return { media, leave: player.attach(one, media) };
  };
  const at = () => player.store.get().positionMs;
  return { timers, signed, server, player, seat, at };
}

/** Two lanes, of which all is there. */
async function pair(kind: Lane['kind'] = 'video') {
  const { seat, ...rest } = cinema();
  const { media: one } = seat(lane('a', [0, 60_000]));
  const { media: other } = seat({ ...lane('b', [0, 60_000]), kind });
  await settled();
  one.arrive({ from: 0, to: 60 });
  other.arrive({ from: 0, to: 60 });
  return { ...rest, one, other };
}

t.test('the clock runs when the element has its file, and both agree', async (t) => {
  const { timers, player, seat, at, signed } = cinema();
  const { media } = seat(lane('a', [0, 60_000]));
  player.play();
  await settled();
  t.same(media.opened, ['/a0?1']);
  timers.advance(1_000);
  t.equal(at(), 0, 'there is nothing to play yet');
  t.equal(player.store.get().isWaiting, true);
  media.arrive({ from: 0, to: 60 });
  timers.advance(5_000);
  t.ok(at() > 4_800, `${at()}`);
  t.ok(Math.abs(media.currentTime * 1_000 - at()) < 50);
  t.equal(player.store.get().isWaiting, false);
  player.pause();
  const stoodMs = at();
  timers.advance(1_000);
  t.equal(at(), stoodMs);
  t.equal(media.paused, true);
  t.same(signed, ['a0']);
});

t.test('a clock that runs away is caught by speed, a long way by a seek', async (t) => {
  const { timers, player, seat, at } = cinema();
  const { media } = seat(lane('a', [0, 60_000]));
  const { media: slow } = seat(lane('b', [0, 60_000]));
  await settled();
  media.arrive({ from: 0, to: 60 });
  slow.arrive({ from: 0, to: 60 });
  slow.skew = -0.02;
  player.play();
  timers.advance(20_000);
  const offsetMs = slow.currentTime * 1_000 - at();
  t.ok(Math.abs(offsetMs) < 60, `${offsetMs} ms after 20 s that would have lost 400`);
  t.same(slow.seeks, [], 'by speed alone');
  slow.starve(true);
  timers.advance(50);
  slow.currentTime = 3;
  slow.starve(false);
  timers.advance(300);
  t.ok(Math.abs(slow.currentTime * 1_000 - at()) < 60, 'by a seek');
});

t.test('nobody runs ahead of one who has no data, but not for ever', async (t) => {
  const { timers, player, one, other, at } = await pair();
  player.play();
  timers.advance(2_000);
  other.starve(true);
  timers.advance(200);
  const stoodMs = at();
  timers.advance(3_000);
  t.equal(at(), stoodMs);
  t.equal(one.paused, true);
  t.same(one.seeks, [], 'who waits does not seek');
  timers.advance(6_000);
  t.ok(at() > stoodMs, 'without it');
  other.starve(false);
  timers.advance(3_000);
  const offsetMs = other.currentTime * 1_000 - at();
  t.ok(Math.abs(offsetMs) < 60, `it has caught up: ${offsetMs} ms`);
});

t.test('a decoder that is behind stops nobody', async (t) => {
  const { timers, player, other, at } = await pair();
  player.play();
  timers.advance(2_000);
  other.loaded = [[0, 30]];
  other.starve(true);
  timers.advance(2_000);
  t.ok(at() > 3_800, `${at()}: what is loaded is not waited for`);
  t.equal(player.store.get().isWaiting, false);
});

t.test('a machine that is too slow for all of them plays slower, in step', async (t) => {
  const { timers, player, one, other, at } = await pair();
  one.skew = other.skew = -0.3;
  player.play();
  timers.advance(10_000);
  t.same([one.seeks, other.seeks], [[], []]);
  t.ok(at() > 6_500 && at() < 7_500, `${at()}`);
  t.ok(Math.abs(one.currentTime * 1_000 - at()) < 50);
});

t.test(
  'one that cannot keep up is brought back now and then, and nobody waits for it',
  async (t) => {
    const { timers, player, seat, at } = cinema();
    const { media: one } = seat(lane('a', [0, 60_000]));
    const { media: slow } = seat(lane('b', [0, 60_000]));
    await settled();
    one.arrive({ from: 0, to: 60 });
    slow.arrive({ from: 0, to: 60 });
    slow.skew = -0.5;
    slow.seekMs = 700;
    player.play();
    timers.advance(20_000);
    t.ok(at() > 19_500, `${at()}`);
    t.same(one.seeks, []);
    t.ok(slow.seeks.length > 3 && slow.seeks.length <= 10, `${slow.seeks.length} seeks`);
    player.seek(40_000);
    timers.advance(600);
    t.equal(at(), 40_000, 'where somebody goes, all begin together');
    timers.advance(1_000);
    t.ok(at() > 40_500, `${at()}`);
  },
);

t.test('pictures stand until the sound is there', async (t) => {
  const { timers, player, one: picture, other: sound, at } = await pair('audio');
  player.play();
  sound.skew = -0.5;
  const aheadS: number[] = [];
  let stood = 0;
  for (let look = 0; look < 100; look += 1) {
    timers.advance(100);
    if (picture.paused) stood += 1;
    aheadS.push(picture.currentTime - sound.currentTime);
  }
  t.ok(Math.max(...aheadS) < 0.4, `${Math.max(...aheadS)} s ahead`);
  t.same([picture.seeks, sound.seeks], [[], []]);
  t.ok(stood > 10 && stood < 70, `${stood}`);
  t.ok(Math.abs(sound.currentTime * 1_000 - at()) < 150, `${at()}`);
});

t.test('a sound without data is waited for, then the clock goes by the pictures', async (t) => {
  const { timers, player, one: picture, other: sound, at } = await pair('audio');
  player.play();
  timers.advance(2_000);
  sound.starve(true);
  timers.advance(10_000);
  const withoutIt = at();
  timers.advance(5_000);
  t.ok(at() - withoutIt > 4_500, `${at() - withoutIt} ms of 5000, at the pace of what has data`);
  t.ok(Math.abs(picture.currentTime * 1_000 - at()) < 50);
  sound.starve(false);
  timers.advance(3_000);
  const offsetMs = sound.currentTime * 1_000 - at();
  t.ok(Math.abs(offsetMs) < 60, `it has caught up: ${offsetMs} ms`);
});

t.test('pieces begin where they were recorded, whichever way the browser counts', async (t) => {
  const { timers, player, seat } = cinema();
  const { media: keeps } = seat(lane('a', [20_000, 40_000], [45_000, 60_000]));
  const { media: counts } = seat(lane('b', [20_000, 40_000]));
  player.seek(25_000);
  await settled();
  keeps.arrive({ from: 20, to: 40 });
  counts.arrive({ from: 0, to: 20 });
  t.equal(keeps.currentTime, 25);
  t.equal(counts.currentTime, 5);
  player.seek(39_000);
  player.play();
  timers.advance(1_500);
  t.equal(keeps.paused, true, 'a gap');
  t.same(keeps.opened.at(-1)?.split('?')[0], '/a0');
  timers.advance(1_000);
  await settled();
  t.same(keeps.opened.at(-1)?.split('?')[0], '/a1', 'the next file is opened before its time');
  keeps.arrive({ from: 45, to: 60 });
  timers.advance(4_000);
  t.equal(keeps.paused, false);
  t.ok(keeps.currentTime > 45);
});

t.test('where an element counts from', (t) => {
  const ranges = (end: number) => ({ length: 1, start: () => 0, end: () => end });
  const piece = { startMs: 20_000, endMs: 60_000 };
  t.equal(originOf({ currentTime: 20, seekable: ranges(60) }, piece), 0, 'Chromium');
  t.equal(originOf({ currentTime: 0, seekable: ranges(60) }, piece), 0);
  t.equal(originOf({ currentTime: 0, seekable: ranges(40) }, piece), -20);
  t.equal(originOf({ currentTime: 20, seekable: ranges(Number.POSITIVE_INFINITY) }, piece), 0);
  t.equal(originOf({ currentTime: 0, seekable: ranges(9) }, { startMs: 0, endMs: 9_000 }), -0);
  t.end();
});

t.test('an address that has run out is renewed: by an error, or before a seek', async (t) => {
  const { timers, player, seat, signed, at } = cinema(600_000);
  const { media } = seat(lane('a', [0, 600_000]));
  await settled();
  media.arrive({ from: 0, to: 600 });
  player.play();
  timers.advance(10_000);
  media.fail();
  timers.advance(0);
  await settled();
  t.same(signed, ['a0', 'a0']);
  media.arrive({ from: 0, to: 600 });
  timers.advance(200);
  t.ok(Math.abs(media.currentTime - 10) < 0.4, `goes on at ${media.currentTime}`);
  timers.advance(300_000);
  t.same(signed.length, 2, 'what is loaded plays on');
  media.loaded = [[290, 320]];
  player.seek(300_000);
  t.same(signed.length, 2, 'within what is loaded');
  player.seek(500_000);
  await settled();
  t.same(signed.length, 3, 'before the server would refuse');
  media.arrive({ from: 0, to: 600 });
  t.equal(media.currentTime, 500);
  t.equal(at(), 500_000);
});

t.test('what does not come after several tries is told, and can be tried again', async (t) => {
  const { timers, player, seat, server, signed } = cinema();
  server.refuses = new ProtocolError('dependency_down', '');
  seat(lane('a', [0, 60_000]));
  player.play();
  for (let tries = 0; tries < 6; tries += 1) {
    await settled();
    timers.advance(6_000);
  }
  t.equal(player.store.get().failure, 'dependency_down');
  t.equal(player.store.get().isPlaying, false);
  t.equal(signed.length, 5);
  server.refuses = undefined;
  player.retry();
  await settled();
  t.equal(player.store.get().failure, undefined);
  t.equal(signed.length, 6);
});

t.test('what opens each time and breaks as often is given up, and the others go on', async (t) => {
  const { timers, player, seat, at, signed } = cinema();
  const { media } = seat(lane('a', [0, 60_000]));
  const { media: broken } = seat(lane('b', [0, 60_000]));
  await settled();
  media.arrive({ from: 0, to: 60 });
  player.play();
  for (let tries = 1; tries < 10; tries += 1) {
    if (broken.opened.length === tries) {
      broken.arrive({ from: 0, to: 60 });
      timers.advance(300);
      broken.fail();
    }
    timers.advance(5_100);
    await settled();
  }
  t.equal(player.store.get().failure, 'unreachable');
  t.equal(signed.filter((fileId) => fileId === 'b0').length, 5);
  t.ok(at() > 20_000, `${at()}`);
});

t.test('speed, volume, the end, and from the beginning again', async (t) => {
  const { timers, player, seat, at } = cinema(10_000);
  const { media } = seat(lane('a', [0, 9_980]));
  await settled();
  media.arrive({ from: 0, to: 9.98 });
  player.setRate(2);
  player.setVolume(0.4);
  player.play();
  timers.advance(2_000);
  t.ok(Math.abs(at() - 4_000) < 250, `${at()}`);
  t.equal(media.volume, 0.4);
  player.toggleMute();
  t.equal(media.muted, true);
  player.stepRate(1);
  t.equal(player.store.get().rate, 2, 'there is no faster one');
  player.stepRate(-1);
  t.equal(player.store.get().rate, 1.75);
  timers.advance(6_000);
  t.match(player.store.get(), { isPlaying: false, positionMs: 10_000 });
  t.equal(media.src !== '', true, 'the last picture stays');
  player.skip(-5_000);
  t.equal(at(), 5_000);
  player.seek(99_000);
  player.play();
  t.ok(at() < 500, 'from the beginning');
});

t.test('a browser that wants a click first says so', async (t) => {
  const { timers, player, seat } = cinema();
  const { media } = seat(lane('a', [0, 60_000]));
  media.playFails = Object.assign(new Error('no'), { name: 'NotAllowedError' });
  await settled();
  media.arrive({ from: 0, to: 60 });
  player.play();
  timers.advance(200);
  await settled();
  t.match(player.store.get(), { isBlocked: true, isPlaying: false });
});

t.test('an element that goes away is let go, and time runs without any', async (t) => {
  const { timers, player, seat, at } = cinema();
  const { media, leave } = seat(lane('a', [0, 60_000]));
  await settled();
  media.arrive({ from: 0, to: 60 });
  leave();
  t.equal(media.src, '');
  player.play();
  timers.advance(2_000);
  t.ok(at() >= 1_900);
  player.close();
});
