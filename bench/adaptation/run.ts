/** One run: a publisher with three layers, a viewer behind a link that narrows and widens again. */
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import {
  type BrowserPage,
  type ChromiumPage,
  chromiumFlags,
  launchChromium,
  openChromiumPage,
} from '../../test/e2e/support/browsers.js';
import { join, joinByLink, newMeeting, waitForMedia } from '../../test/e2e/support/people.js';
import { discard, eventually, pause, startPlenum } from '../../test/e2e/support/plenum.js';
import { type LimitedLink, openLimitedLink } from './link.js';
import {
  freezeAroundSeconds,
  longestFreezeSeconds,
  reachedMs,
  type Sample,
  samplesOf,
  startSampling,
} from './samples.js';

export const wideKbps = 5000;
export const narrowKbps = 600;
const narrowMs = 30_000;
const recoveryMs = 45_000;
const settleMs = 5_000;
/** What freezes within it is the drop's. */
const dropMs = 10_000;
/** The smallest camera of which Chromium sends three layers: two cores encode and decode it for all. */
const topHeight = 540;
/**
 * Camera pictures a second. Two cores do not encode three layers of AV1 at 30: Chromium's own
 * encoder then sends a smaller picture, whatever the path carries.
 */
const cameraFps = (codec: string) => (codec === 'AV1' ? 15 : 30);

export interface Estimate {
  atMs: number;
  bps: number;
}

/** What the node has chosen for the viewer (`subscription.state`). */
export interface Choice {
  atMs: number;
  /** 0 is the smallest; −1: paused. */
  spatial: number;
}

export interface AdaptationRun {
  samples: Sample[];
  /** Of a second viewer, on this machine. */
  bystander: Sample[];
  estimates: Estimate[];
  choices: Choice[];
  narrowedMs: number;
  widenedMs: number;
  /** The longest single freeze around the sudden drop (from it until 10 s later), s. */
  dropFreezeSeconds: number;
  /** The longest freeze within a second of a later switch by the node, s. */
  switchFreezeSeconds: number;
  /** From the widening to the top layer; undefined: not within 45 s. */
  topAgainSeconds: number | undefined;
  /** The longest single freeze on the bystander's screen during all of it, s. */
  bystanderFreezeSeconds: number;
  /** For how long the publisher's processor was too slow for the camera, s: then its encoder, not the node, chose the size. */
  slowEncoderSeconds: number;
}

export async function runOnce(codec: string): Promise<AdaptationRun> {
  const link = openLimitedLink(wideKbps);
  try {
    // On loopback anybody may open a meeting, and nothing else is asked of the machine.
    const environment = {
      PLENUM_MEETINGS_ANONYMOUS: 'true',
      PLENUM_SECURITY_ALLOW_INSECURE: 'true',
    };
    const plenum = await startPlenum({ host: link.address, environment });
    const camera = `--use-fake-device-for-media-stream=fps=${cameraFps(codec)}`;
    const near = await launchChromium(trusting(plenum.url), camera);
    const far = await launchInside(link, plenum.url);
    try {
      return await measure(codec, plenum, near, far, link);
    } finally {
      await Promise.all([near.close(), far.close()]);
      await discard(plenum);
    }
  } finally {
    link.close();
  }
}

/** Cameras and WebRTC on a page that is neither https nor loopback. */
function trusting(url: string): string {
  return `--unsafely-treat-insecure-origin-as-secure=${new URL(url).origin}`;
}

function launchInside(link: LimitedLink, url: string): Promise<Browser> {
  return chromium.launch({
    executablePath: link.wrapper('/usr/bin/chromium'),
    args: [...chromiumFlags, trusting(url)],
  });
}

async function measure(
  codec: string,
  plenum: { url: string; adminUrl: string },
  near: Browser,
  far: Browser,
  link: LimitedLink,
): Promise<AdaptationRun> {
  const localStorage = { 'plenum.videoCodec': codec, 'plenum.cameraHeight': `${topHeight}` };
  const publisher = await openChromiumPage(near, 'publisher', { localStorage });
  const viewer = await openChromiumPage(far, 'viewer', { permissions: false });
  const bystander = await openChromiumPage(near, 'bystander', { permissions: false });
  const began = performance.now();
  const now = () => performance.now() - began;
  const choices = watchChoices(viewer, now);
  const address = await newMeeting(publisher, plenum.url);
  await join(publisher, 'Publisher');
  for (const page of [viewer, bystander]) {
    await joinByLink(page, address, page.label);
    await waitForMedia(page, 1, 5);
    await page.evaluate(pinFirst, undefined);
    await startSampling(page, now());
  }
  const watch = watchEstimate(plenum.adminUrl, now);
  await eventually('the viewer gets the top layer', () => isTop(viewer), recoveryMs);
  await pause(settleMs);
  const narrowedMs = now();
  link.setRate(narrowKbps);
  await pause(narrowMs);
  const widenedMs = now();
  link.setRate(wideKbps);
  await pause(recoveryMs);
  const estimates = watch.stop();
  const samples = await samplesOf(viewer);
  const others = await samplesOf(bystander);
  const slowEncoderSeconds = await publisher.evaluate(slowEncoder, undefined);
  const again = reachedMs(samples, widenedMs, topHeight);
  const switches = choices
    .filter(({ spatial }, index) => spatial !== choices[index - 1]?.spatial)
    .map(({ atMs }) => atMs)
    .filter((atMs) => atMs > narrowedMs + dropMs);
  return {
    samples,
    bystander: others,
    estimates,
    choices,
    narrowedMs,
    widenedMs,
    dropFreezeSeconds: longestFreezeSeconds(samples, narrowedMs, narrowedMs + dropMs),
    switchFreezeSeconds: freezeAroundSeconds(samples, switches),
    topAgainSeconds: again === undefined ? undefined : (again - widenedMs) / 1000,
    bystanderFreezeSeconds: longestFreezeSeconds(others, narrowedMs, now()),
    slowEncoderSeconds,
  };
}

async function isTop(page: BrowserPage): Promise<true | undefined> {
  const height = (await samplesOf(page)).at(-1)?.height ?? 0;
  return height >= topHeight ? true : undefined;
}

/** Runs in the page: the one other person fills the stage. */
function pinFirst(): void {
  document.querySelector<HTMLElement>('li:not([aria-label*="(you)"]) [data-pin]')?.click();
}

/** Runs in the page. */
async function slowEncoder(): Promise<number> {
  const { recordedConnections } = window as unknown as { recordedConnections: RTCPeerConnection[] };
  const reports = await Promise.all(recordedConnections.map((it) => it.getStats()));
  const videos = reports
    .flatMap((report) => [...report.values()])
    .filter(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
  return Math.max(0, ...videos.map((it) => it.qualityLimitationDurations?.cpu ?? 0));
}

/** Reads along what the server says to the viewer. */
function watchChoices({ page }: ChromiumPage, now: () => number): Choice[] {
  const choices: Choice[] = [];
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      const { t, d } = JSON.parse(`${payload}`);
      if (t !== 'subscription.state') return;
      for (const { state, layer } of d.items) {
        choices.push({ atMs: now(), spatial: state === 'active' ? layer.spatial : -1 });
      }
    }),
  );
  return choices;
}

/** The lowest estimate of all subscribers: that of the limited one. */
function watchEstimate(adminUrl: string, now: () => number) {
  const estimates: Estimate[] = [];
  const look = async () => {
    const text = await fetch(`${adminUrl}metrics`).then((answer) => answer.text());
    const value = /^plenum_sfu_estimate_bps\{[^}]*quantile="0.05"[^}]*\} (\S+)$/m.exec(text)?.[1];
    if (value) estimates.push({ atMs: now(), bps: Number(value) });
  };
  const timer = setInterval(() => void look().catch(() => {}), 250);
  return {
    stop: () => {
      clearInterval(timer);
      return estimates;
    },
  };
}
