/**
 * What people wait for, with real Chromiums on loopback: from the click on "Join" to the first remote
 * video frame, over 20 joins; how long a line is silent until that is shown, over 20 losses; a shared
 * screen, its first picture over 20 shares and its rate in both modes; the heir of a host who is gone.
 * ./run bench join [--json FILE] [--joins 20] [--losses 20] [--shares 20]
 */

import { launchChromium, openChromiumPage } from '../test/e2e/support/browsers.js';
import { join, newMeeting, waitForMedia } from '../test/e2e/support/people.js';
import { discard, startPlenum } from '../test/e2e/support/plenum.js';
import { heir } from './join/heir.js';
import { screens } from './join/screens.js';
import { silentLosses } from './join/silent-losses.js';
import { quantile, reportResult } from './results.js';

const [joins, losses, shares] = [
  countOf('--joins'),
  countOf('--losses'),
  countOf('--shares'),
] as const;

function countOf(flag: string): number {
  const at = process.argv.indexOf(flag);
  return at > 0 ? Number(process.argv[at + 1]) : 20;
}

/** Clicks "Join" inside the page and resolves at the first frame of a video that is not our own. */
function joinAndWait(name: string): Promise<number> {
  const setName = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set;
  const textbox = document.querySelector<HTMLInputElement>('input:not([type]), input[type="text"]');
  if (!textbox) throw new Error('no textbox for the name');
  setName?.call(textbox, name);
  textbox.dispatchEvent(new Event('input', { bubbles: true }));
  const button = [...document.querySelectorAll('button')].find((b) => b.textContent === 'Join');
  if (!button) throw new Error('no button Join');
  return new Promise((resolve) => {
    const began = performance.now();
    const watched = new WeakSet<HTMLVideoElement>();
    const watch = () => {
      for (const video of document.querySelectorAll('video')) {
        if (watched.has(video) || video.closest('[data-self]')) continue;
        watched.add(video);
        video.requestVideoFrameCallback(() => resolve(performance.now() - began));
      }
    };
    new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
    button.click();
  });
}

const plenum = await startPlenum();
const chromium = await launchChromium();
try {
  const host = await openChromiumPage(chromium, 'host');
  const link = await newMeeting(host, plenum.url);
  await join(host, 'Host');
  const times: number[] = [];
  for (let n = 0; n <= joins; n += 1) {
    const guest = await openChromiumPage(chromium, `guest-${n}`);
    await guest.goto(link);
    await guest.page.getByRole('button', { name: 'Join', exact: true }).waitFor();
    await guest.page.waitForFunction(() => document.querySelector('video')?.readyState === 4);
    const ms = await guest.evaluate(joinAndWait, `Guest ${n}`);
    if (n > 0) times.push(ms);
    else await waitForMedia(guest, 1, 5);
    await guest.page.getByRole('button', { name: 'Leave', exact: true }).click();
    await guest.close();
  }
  const silence = await silentLosses({ chromium, plenum, host, link }, losses);
  await host.close();
  const screen = await screens({ chromium, plenum }, shares);
  const succession = await heir({ chromium, plenum });
  const [p50, p95] = [quantile(times, 0.5), quantile(times, 0.95)];
  reportResult(
    {
      bench: 'join',
      work: {
        joins: times.length,
        losses,
        shares,
        warm_up_joins: 1,
        browser: chromium.version(),
        path: 'loopback',
      },
      figures: {
        first_frame_p50_ms: p50,
        first_frame_p95_ms: p95,
        first_frame_max_ms: Math.max(...times),
        ...silence,
        ...screen,
        ...succession,
      },
    },
    [
      `join click → first remote frame: p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`,
      `silent loss shown after: own screen at most ${silence.silent_loss_own_max_ms.toFixed(0)} ms,`,
      `others' at most ${silence.silent_loss_others_max_ms.toFixed(0)} ms;`,
      `a screen is there after p95 ${screen.screen_first_frame_p95_ms.toFixed(0)} ms,`,
      `text ${screen.screen_text_fps.toFixed(1)} and motion ${screen.screen_motion_fps.toFixed(1)} frames/s;`,
      `an heir is host after ${succession.heir_shown_to_others_s.toFixed(1)} s`,
    ].join(' '),
  );
} finally {
  await chromium.close();
  await discard(plenum);
}
