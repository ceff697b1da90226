/**
 * The alerts of the fleet, of the queue, of sinks and of recordings: promtool raises each of them by what processes
 * show, as soon as it should and not before.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { testFolder } from '../../control/src/testing/test-database.js';
import { fleetPages } from './support/pages.js';
import { shipped } from './support/prometheus.js';

/** A series of a process, and what it says from minute to minute. */
interface Said {
  /** As the process shows it. */
  series: string;
  /** By its target. */
  labels: Record<string, string>;
  values: string;
}

interface Story {
  alert: string;
  raised: readonly Said[];
  /** The labels by which it is told, beside its severity. */
  labels: Record<string, string>;
  summary: string;
  /** Of these, one after the other, none raises it. */
  quiet: readonly (readonly Said[])[];
  /** The minute in which it begins to be so: a rate of five minutes has to grow. Default: at once. */
  since?: number;
}

interface Rule {
  alert?: string;
  for: string;
  labels: { severity: string };
  annotations: { runbook: string };
}

const files = ['rules.yml', 'alerts.yml'].map((file) => join(shipped, file));
const groups = files.flatMap(
  (file) =>
    (parse(readFileSync(file, 'utf8')) as { groups: { name: string; rules: Rule[] }[] }).groups,
);

const steady = (value: number) => `${value}+0x240`;
const rising = (perMinute: number) => `0+${perMinute}x240`;
const says = (series: string, instance: string, values: string, region = 'lon'): Said => ({
  ...{ series, values, labels: { instance, region } },
});
const isUp = (job: string, instance: string, value: 0 | 1) =>
  says(`up{job="${job}"}`, instance, steady(value));

const nodeDependency = (value: 0 | 1) =>
  says('plenum_dependency_up{dependency="node"}', 'control-1', steady(value));
const databaseIsDown = says('plenum_dependency_up{dependency="database"}', 'control-1', steady(0));
const daysLeft = (days: number) =>
  says('plenum_node_certificate_days_left', 'node-1', steady(days));
const stress = (node: string, ratio: number, region = 'lon') =>
  says('plenum_node_stress_ratio', node, steady(ratio), region);
const packets = says('plenum_sfu_packets_total{direction="in",kind="rtp"}', 'node-1', rising(2000));
const drops = (perMinute: number) =>
  says('plenum_sfu_kernel_drops_total', 'node-1', rising(perMinute));
const gaps = (all: number, short: number) => [
  says('plenum_media_gap_seconds_count{cause="path"}', 'control-1', rising(all)),
  says('plenum_media_gap_seconds_bucket{cause="path",le="2"}', 'control-1', rising(short)),
];
const outboxLag = (seconds: number, control = 'control-1') =>
  says('plenum_outbox_lag_seconds', control, steady(seconds));
const outboxPending = (events: number) =>
  says('plenum_outbox_pending', 'control-1', steady(events));
const queueLag = (seconds: number, control = 'control-1') =>
  says('plenum_queue_lag_seconds', control, steady(seconds));
const sinkLag = (events: number, sink = 'sink-1') =>
  says('plenum_sink_lag_events', sink, steady(events));

const without = (recordings: number, control = 'control-1') =>
  says('plenum_recordings_without_recorder', control, steady(recordings));
const waits = (seconds: number) =>
  says('plenum_recordings_processing_seconds', 'control-1', steady(seconds));
const recorderSays = (name: string, value: number) =>
  says(`plenum_recorder_${name}`, 'recorder-1', steady(value));
const frames = (received: number, written: number) => [
  says('plenum_recorder_frames_received_total', 'recorder-1', rising(received)),
  says('plenum_recorder_frames_written_total', 'recorder-1', rising(written)),
];
const renders = (result: string, perMinute: number) =>
  says(`plenum_render_jobs_total{result="${result}"}`, 'recorder-1', rising(perMinute));

const lon = { region: 'lon' };
const stories: Story[] = [
  {
    alert: 'PlenumControlGone',
    raised: [isUp('plenum-control', 'control-1', 0), isUp('plenum-control', 'control-2', 1)],
    labels: { ...lon, instance: 'control-1', job: 'plenum-control' },
    summary: 'The control process control-1 does not answer',
    quiet: [[isUp('plenum-control', 'control-1', 1), isUp('plenum-node', 'node-1', 0)]],
  },
  {
    alert: 'PlenumNodeGone',
    raised: [isUp('plenum-node', 'node-1', 0), isUp('plenum-node', 'node-2', 1)],
    labels: { ...lon, instance: 'node-1', job: 'plenum-node' },
    summary: 'The media node node-1 does not answer',
    quiet: [[isUp('plenum-node', 'node-1', 1), isUp('plenum-control', 'control-1', 0)]],
  },
  {
    alert: 'PlenumSinkGone',
    raised: [isUp('plenum-sink', 'sink-1', 0), isUp('plenum-sink', 'sink-2', 1)],
    labels: { ...lon, instance: 'sink-1', job: 'plenum-sink' },
    summary: 'The sink sink-1 does not answer',
    quiet: [[isUp('plenum-sink', 'sink-1', 1), isUp('plenum-control', 'control-1', 0)]],
  },
  {
    alert: 'PlenumNodeUnreached',
    raised: [nodeDependency(0)],
    labels: { instance: 'control-1' },
    summary: 'control-1 reaches no media node',
    quiet: [[nodeDependency(1), databaseIsDown]],
  },
  {
    alert: 'PlenumNodeCertificateEnds',
    raised: [daysLeft(13)],
    labels: { ...lon, instance: 'node-1' },
    summary: 'node-1 has not renewed its certificate: 13 days are left',
    quiet: [[daysLeft(14)]],
  },
  {
    alert: 'PlenumNodesAreFull',
    raised: [
      ...['node-1', 'node-2', 'node-3'].map((node) => stress(node, 0.71)),
      ...[stress('node-4', 0.2), stress('node-5', 0.2, 'fra')],
    ],
    labels: lon,
    summary: 'Region lon: 70 % of the nodes are more than 70 % full',
    quiet: [
      [stress('node-1', 0.9), stress('node-2', 0.9), stress('node-3', 0.69)],
      [stress('node-1', 0.7)],
    ],
  },
  {
    alert: 'PlenumKernelDrops',
    raised: [packets, drops(20)],
    labels: { ...lon, instance: 'node-1' },
    summary: 'node-1: the kernel drops 1% of the packets',
    quiet: [[packets, drops(1)]],
    since: 1,
  },
  {
    alert: 'PlenumMediaGaps',
    raised: gaps(3, 1),
    labels: {},
    summary: '2 people a minute hear nothing for more than 2 s',
    quiet: [gaps(3, 3)],
    since: 3,
  },
  {
    alert: 'PlenumEventsAreLate',
    raised: [outboxLag(3), outboxLag(0, 'control-2')],
    labels: {},
    summary: 'The oldest event waits for 3s (bar: 2 s)',
    quiet: [[outboxLag(2), outboxLag(Number.NaN, 'control-2')]],
  },
  {
    alert: 'PlenumEventsPileUp',
    raised: [outboxPending(100_001)],
    labels: {},
    summary: '100k events wait',
    quiet: [[outboxPending(100_000)]],
  },
  {
    alert: 'PlenumEventsWaitForKafka',
    raised: [queueLag(61), queueLag(Number.NaN, 'control-2')],
    labels: {},
    summary: 'The oldest event waits for Kafka for 1m 1s',
    quiet: [[queueLag(60), queueLag(60, 'control-2')], [queueLag(Number.NaN)]],
  },
  {
    alert: 'PlenumReportsAreOld',
    raised: [sinkLag(100_001), sinkLag(Number.NaN, 'sink-2')],
    labels: {},
    summary: '100k events wait for ClickHouse',
    quiet: [[sinkLag(100_000), sinkLag(100_000, 'sink-2')], [sinkLag(Number.NaN)]],
  },
  {
    alert: 'PlenumRecorderGone',
    raised: [isUp('plenum-recorder', 'recorder-1', 0), isUp('plenum-recorder', 'recorder-2', 1)],
    labels: { ...lon, instance: 'recorder-1', job: 'plenum-recorder' },
    summary: 'The recorder recorder-1 does not answer',
    quiet: [[isUp('plenum-recorder', 'recorder-1', 1), isUp('plenum-node', 'node-1', 0)]],
  },
  {
    alert: 'PlenumRecordingsWithoutRecorder',
    raised: [without(2), without(1, 'control-2')],
    labels: {},
    summary: '3 recordings go on that no recorder writes',
    quiet: [[without(0), without(0, 'control-2')]],
  },
  {
    alert: 'PlenumRecorderStoreDown',
    raised: [recorderSays('store_up', 0)],
    labels: { ...lon, instance: 'recorder-1' },
    summary: 'recorder-1 cannot store what it has recorded',
    quiet: [[recorderSays('store_up', 1)]],
  },
  {
    alert: 'PlenumRecorderDiskFull',
    raised: [recorderSays('disk_free_bytes', 5 * 2 ** 30)],
    labels: { ...lon, instance: 'recorder-1' },
    summary: 'recorder-1 has 5GiB left for recordings',
    quiet: [[recorderSays('disk_free_bytes', 10e9)]],
  },
  {
    alert: 'PlenumRecordingsWait',
    raised: [waits(3661)],
    labels: {},
    summary: 'A recording that has ended waits for its files for 1h 1m 1s',
    quiet: [[waits(3600)], [waits(Number.NaN)]],
  },
  {
    alert: 'PlenumRendersFail',
    raised: [renders('failed', 1), renders('stored', 5)],
    labels: {},
    summary: '8 tries to make a composition failed in an hour',
    quiet: [[renders('stored', 5), renders('canceled', 5), renders('failed', 0)]],
    since: 3,
  },
  {
    alert: 'PlenumRecordingsLoseFrames',
    raised: frames(1000, 999),
    labels: {},
    summary: 'Recordings lack 0.1% of their frames (bar: 0.01 %)',
    quiet: [frames(100_000, 99_995), [recorderSays('disk_free_bytes', 10e9)]],
    since: 1,
  },
];

/** In one order of its labels, however it is written. */
function written(series: string, more: Record<string, string> = {}): string {
  const [name, own = ''] = series.replace('}', '').split('{');
  const given = Object.entries(more).map(([label, value]) => `${label}="${value}"`);
  const labels = [...own.split(',').filter((label) => label !== ''), ...given].sort();
  return labels.length === 0 ? `${name}` : `${name}{${labels.join(',')}}`;
}

function ruleOf(alert: string): Rule {
  const rule = groups.flatMap(({ rules }) => rules).find((one) => one.alert === alert);
  if (rule === undefined) throw new Error(`there is no ${alert}`);
  return rule;
}

function minutesOf(time: string): number {
  const [, count, unit] = /^(\d+)([smh])$/.exec(time) ?? [];
  return Math.ceil((Number(count) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h']) / 60);
}

/** What promtool is to find: nothing before its time is over, then the alert; and of others nothing. */
function testsOf({ alert, raised, labels, summary, quiet, since = 0 }: Story): object[] {
  const rule = ruleOf(alert);
  const due = since + minutesOf(rule.for);
  const exp_labels = { ...labels, ...rule.labels };
  const told = { exp_labels, exp_annotations: { ...rule.annotations, summary } };
  const at = (minute: number, exp_alerts: object[]) => ({
    ...{ eval_time: `${minute}m`, alertname: alert, exp_alerts },
  });
  const group = (said: readonly Said[], alert_rule_test: object[]) => ({
    ...{ interval: '1m', alert_rule_test },
    input_series: said.map(({ series, labels: more, values }) => ({
      ...{ series: written(series, more), values },
    })),
  });
  return [
    group(raised, [at(due - 1, []), at(due, [told])]),
    ...quiet.map((said) => group(said, [at(due, []), at(2 * due, [])])),
  ];
}

function promtool(t: Test, story: Story): string {
  const file = join(testFolder(t), `${story.alert}.yml`);
  const order = { group_eval_order: groups.map(({ name }) => name) };
  const tests = testsOf(story);
  writeFileSync(file, JSON.stringify({ rule_files: files, ...order, tests }));
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], {
    encoding: 'utf8',
  });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

for (const story of stories) {
  t.test(story.alert, (t) => {
    t.equal(promtool(t, story), '');
    t.end();
  });
}

t.test('it is what processes of a fleet show', async (t) => {
  const pages = Object.values(await fleetPages(t)).join('\n');
  const lines = pages.matchAll(/^(plenum_\w+(?:\{[^}]*\})?) /gm);
  const shown = new Set([...lines].map(([, series]) => written(series as string)));
  const said = stories.flatMap(({ raised, quiet }) => [...raised, ...quiet.flat()]);
  const series = new Set(said.map(({ series }) => written(series)));
  for (const one of series) if (!one.startsWith('up{')) t.ok(shown.has(one), one);
});
