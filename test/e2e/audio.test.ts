/** Silence costs next to nothing, and who speaks after it is heard whole (Opus DTX). */

import t, { type Test } from 'tap';
import type { ChromiumPage } from './support/browsers.js';
import { type ReceivedStream, receivedStreams } from './support/page-scripts.js';
import { join, joinByLink, newMeeting } from './support/people.js';
import { eventually, pause } from './support/plenum.js';
import {
  heardPieces,
  listenTo,
  type Piece,
  say,
  syntheticMicrophone,
  talkOn,
} from './support/sound.js';
import { setStage } from './support/stage.js';

const windowMs = 6000;
const mostSilentPacketsPerSecond = 3;
const words = { count: 5, everyMs: 1000, softMs: 300, loudMs: 200 };
/** One Opus frame. */
const frameMs = 20;
/** Powers, of the loudest part's: the soft part has a 16th and begins at a 30th of that. */
const [loudPart, softPart] = [1 / 4, 1 / 500];

t.test('who is silent, then speaks, while another speaks', async (t) => {
  const { ada, bo, cy } = await openMeeting(t);
  await bo.evaluate(talkOn, undefined);
  await eventually('Cy hears Bo', async () => {
    const [loud] = await audioRates(cy, 1000);
    return loud && loud.packetsPerSecond > 25 ? true : undefined;
  });
  await pause(2500); // the gate lets pauses between words through

  const [loud, silent] = await audioRates(cy, windowMs);
  if (!loud || !silent) throw new Error('Cy receives less than two streams of sound');
  t.comment(
    `packets/s at one subscriber in ${windowMs} ms: who speaks ${loud.packetsPerSecond.toFixed(1)}, ` +
      `who is silent ${silent.packetsPerSecond.toFixed(2)}`,
  );
  t.ok(loud.packetsPerSecond > 25, 'who speaks is heard');
  t.ok(silent.packetsPerSecond <= mostSilentPacketsPerSecond, 'silence costs 3 packets/s at most');
  t.equal(loud.stream.packetsLost + silent.stream.packetsLost, 0, 'what is left out is no loss');

  await cy.evaluate(listenTo, silent.stream.trackId);
  await ada.evaluate(say, words);
  const soft = await eventually('Cy has heard every word', async () => {
    const found = softPartsOf(await cy.evaluate(heardPieces, undefined));
    return found.length >= words.count ? found : undefined;
  });
  t.comment(`beginnings of ${words.softMs} ms after silence lasted ${soft.join(', ')} ms`);
  const median = soft.toSorted((a, b) => a - b)[Math.floor(soft.length / 2)] ?? 0;
  t.ok(median >= words.softMs - frameMs, 'no more than a frame is missing');
});

interface Rate {
  stream: ReceivedStream;
  packetsPerSecond: number;
}

/** Ada, who is silent, Bo and Cy: sound alone. */
async function openMeeting(t: Test): Promise<Record<'ada' | 'bo' | 'cy', ChromiumPage>> {
  const { plenum, open } = await setStage(t);
  const [ada, bo, cy] = await Promise.all([
    open('ada-sound', { script: syntheticMicrophone }),
    open('bo-sound', { script: syntheticMicrophone }),
    open('cy-sound', { script: syntheticMicrophone }),
  ]);
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');
  await Promise.all([joinByLink(bo, link, 'Bo'), joinByLink(cy, link, 'Cy')]);
  return { ada, bo, cy };
}

/** The streams of sound that have ever had a packet, the busiest first. */
async function audioRates(page: ChromiumPage, ms: number): Promise<Rate[]> {
  const before = await page.evaluate(receivedStreams, undefined);
  await pause(ms);
  const after = await page.evaluate(receivedStreams, undefined);
  const rates = after.flatMap((stream) => {
    const first = before.find(({ ssrc }) => ssrc === stream.ssrc);
    if (stream.kind !== 'audio' || stream.packetsReceived === 0 || !first) return [];
    const seconds = (stream.timestampMs - first.timestampMs) / 1000;
    const packetsPerSecond = (stream.packetsReceived - first.packetsReceived) / seconds;
    return [{ stream, packetsPerSecond }];
  });
  return rates.sort((a, b) => b.packetsPerSecond - a.packetsPerSecond);
}

/** How long it took from the beginning of each word to its loud part, ms. */
function softPartsOf(pieces: readonly Piece[]): number[] {
  const plateau = percentile(
    pieces.map(({ power }) => power).filter((power) => power > 1e-4),
    0.9,
  );
  const lengths: number[] = [];
  let begin: number | undefined;
  let now = 0;
  let soundedAt = Number.NEGATIVE_INFINITY;
  for (const { ms, power } of pieces) {
    const isSound = power > softPart * plateau;
    if (isSound && soundedAt <= now - 100) begin = now;
    if (begin !== undefined && power > loudPart * plateau) {
      lengths.push(Math.round(now - begin));
      begin = undefined;
    }
    now += ms;
    if (isSound) soundedAt = now;
  }
  return lengths;
}

function percentile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(part * values.length)] ?? 0;
}
