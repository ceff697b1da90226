/**
 * What a viewer sees when the path narrows from 5 Mbit/s to 600 kbit/s and widens again, in a real
 * Chromium behind a real limit: ./run bench adaptation [--codec VP8|VP9|AV1] [--runs 5] [--svg FILE]
 * [--json FILE]. Needs root (a network namespace with tc tbf).
 */
import { writeFileSync } from 'node:fs';
import { svgOf } from './adaptation/plot.js';
import { type AdaptationRun, narrowKbps, runOnce, wideKbps } from './adaptation/run.js';
import { receivedBps } from './adaptation/samples.js';
import { quantile, reportResult } from './results.js';

const option = (name: string, fallback: string) => {
  const at = process.argv.indexOf(name);
  return at > 0 ? (process.argv[at + 1] ?? fallback) : fallback;
};
const codec = option('--codec', 'VP8');
const runs = Number(option('--runs', '5'));
const svg = option('--svg', `test-output/adaptation-${codec}.svg`);

/**
 * A run in which the publisher's processor was too slow shows its encoder's choices, not the node's:
 * it is printed, does not count, and is made again.
 */
const done: AdaptationRun[] = [];
let made = 0;
while (done.length < runs && made < 2 * runs) {
  const run = await runOnce(codec);
  made += 1;
  if (run.slowEncoderSeconds === 0) done.push(run);
  console.log(describe(made, run));
  writeFileSync(svg, pictureOf(run));
}
if (done.length === 0) throw new Error('in every run the encoder was too slow for the camera');

const never = 99;
const again = done.map(({ topAgainSeconds }) => topAgainSeconds ?? never);
const drops = done.map(({ dropFreezeSeconds }) => dropFreezeSeconds);
const [median, worst, drop] = [quantile(again, 0.5), Math.max(...again), Math.max(...drops)];
reportResult(
  {
    bench: 'adaptation',
    work: {
      codec,
      runs: done.length,
      made,
      wide_kbps: wideKbps,
      narrow_kbps: narrowKbps,
      path: 'veth with tbf',
    },
    figures: {
      top_again_p50_s: median,
      top_again_max_s: worst,
      drop_freeze_max_s: drop,
      switch_freeze_max_s: Math.max(...done.map((run) => run.switchFreezeSeconds)),
      bystander_freeze_max_s: Math.max(...done.map((run) => run.bystanderFreezeSeconds)),
    },
  },
  `${codec}: top layer again after ${median.toFixed(1)} s (worst ${worst.toFixed(1)}), frozen ${drop.toFixed(1)} s at the drop`,
);

/** The received resolution over time, in words. */
function describe(n: number, run: AdaptationRun): string {
  const steps = run.samples.filter(({ height }, i) => height !== run.samples[i - 1]?.height);
  const heights = steps.map(({ atMs, height }) => `${(atMs / 1000).toFixed(1)} s ${height}p`);
  const limits = `narrow at ${(run.narrowedMs / 1000).toFixed(1)} s, wide at ${(run.widenedMs / 1000).toFixed(1)} s`;
  const freezes = `frozen ${run.dropFreezeSeconds.toFixed(2)} s at the drop, ${run.switchFreezeSeconds.toFixed(2)} s at later switches, ${run.bystanderFreezeSeconds.toFixed(2)} s at the bystander's`;
  const slowS = run.slowEncoderSeconds.toFixed(1);
  const encoder =
    run.slowEncoderSeconds > 0 ? `; not counted: encoder too slow for ${slowS} s` : '';
  return `run ${n}: ${limits}: ${heights.join(', ')}; ${freezes}${encoder}`;
}

function pictureOf(run: AdaptationRun): string {
  const endMs = run.samples.at(-1)?.atMs ?? 0;
  const link = [
    { atMs: 0, value: wideKbps },
    { atMs: run.narrowedMs, value: narrowKbps },
    { atMs: run.widenedMs, value: wideKbps },
    { atMs: endMs, value: wideKbps },
  ];
  const received = receivedBps(run.samples).map(({ atMs, bps }) => ({ atMs, value: bps / 1000 }));
  const estimate = run.estimates.map(({ atMs, bps }) => ({ atMs, value: bps / 1000 }));
  const height = run.samples.map((sample) => ({ atMs: sample.atMs, value: sample.height }));
  const top = Math.max(...run.samples.map((sample) => sample.height));
  const layer = run.samples
    .filter((sample) => sample.height > 0)
    .map((sample) => ({
      atMs: sample.atMs,
      value: 3 - Math.round(Math.log2(top / sample.height)),
    }));
  const chosen = run.choices.map(({ atMs, spatial }) => ({ atMs, value: spatial + 1 }));
  const frozen = run.samples.map((sample) => ({
    atMs: sample.atMs,
    value: sample.totalFreezesSeconds,
  }));
  return svgOf([
    {
      title: `${codec}: rates`,
      unit: 'kbit/s',
      lines: [
        { label: 'link', colour: '#999', points: link },
        { label: 'estimate, the target rate', colour: '#06c', points: estimate },
        { label: 'received', colour: '#083', points: received },
      ],
    },
    {
      title: 'picture',
      unit: 'lines',
      lines: [{ label: 'height', colour: '#a30', points: height }],
    },
    {
      title: 'layer',
      unit: '0 is paused',
      lines: [
        { label: 'target, chosen by the node', colour: '#630', points: chosen },
        { label: 'received', colour: '#083', points: layer },
      ],
    },
    { title: 'frozen', unit: 's', lines: [{ label: 'total', colour: '#a0a', points: frozen }] },
  ]);
}
