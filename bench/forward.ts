/**
 * What forwarding costs and a participant weighs, with one publishing and ten receiving Chromium
 * pages on loopback: CPU time of the media threads (user + system) per packet forwarded, and growth
 * of the server's memory per participant: ./run bench forward [--json FILE]
 */

import { readFileSync } from 'node:fs';
import { launchChromium, openChromiumPage } from '../test/e2e/support/browsers.js';
import { join, joinByLink, newMeeting, waitForMedia } from '../test/e2e/support/people.js';
import { discard, pause, startPlenum } from '../test/e2e/support/plenum.js';
import { reportResult } from './results.js';

const subscribers = 10;
const windowMs = 20_000;

/** Sum over all label sets of one metric in the Prometheus text format. */
function metric(text: string, name: string, label = ''): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith(name) && line.includes(label)) sum += Number(line.split(' ').at(-1));
  }
  return sum;
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) * 1024;
}

const plenum = await startPlenum();
const chromium = await launchChromium();
try {
  const scrape = async () => (await fetch(new URL('metrics', plenum.adminUrl))).text();
  const pid = plenum.process.pid as number;
  const publisher = await openChromiumPage(chromium, 'publisher');
  const link = await newMeeting(publisher, plenum.url);
  await join(publisher, 'Publisher');
  const before = residentBytes(pid);
  const viewers = [];
  for (let n = 0; n < subscribers; n += 1) {
    const viewer = await openChromiumPage(chromium, `viewer-${n}`, {
      permissions: false,
      viewport: { width: 480, height: 320 },
    });
    await joinByLink(viewer, link, `Viewer ${n}`);
    viewers.push(viewer);
  }
  for (const viewer of viewers) await waitForMedia(viewer, 1, 1);
  const memoryPerParticipant = (residentBytes(pid) - before) / subscribers;
  const first = await scrape();
  await pause(windowMs);
  const last = await scrape();
  const grown = (name: string, label?: string) =>
    metric(last, name, label) - metric(first, name, label);
  const cpuSeconds = grown('plenum_sfu_shard_cpu_seconds_total');
  const packets = grown('plenum_sfu_packets_total', 'direction="out",kind="all"');
  const usPerPacket = (cpuSeconds * 1e6) / packets;
  reportResult(
    {
      bench: 'forward',
      work: {
        publishers: 1,
        subscribers,
        window_s: windowMs / 1000,
        browser: chromium.version(),
        path: 'loopback',
      },
      figures: {
        media_thread_cpu_us_per_packet: usPerPacket,
        packets_out_per_s: packets / (windowMs / 1000),
        media_thread_busy_ratio: cpuSeconds / (windowMs / 1000),
        memory_per_participant_bytes: memoryPerParticipant,
      },
    },
    `media threads: ${usPerPacket.toFixed(2)} µs of CPU per packet out at ` +
      `${(packets / (windowMs / 1000)).toFixed(0)} packets/s; ` +
      `${(memoryPerParticipant / 1024).toFixed(0)} KiB per participant`,
  );
} finally {
  await chromium.close();
  await discard(plenum);
}
