/**
 * Whether forwarding still costs what it did: ratios to the bare forwarder, and allocations per
 * packet, against the committed result of the same kind (docs/benchmarking.md).
 *   ./run bench gate [--update] [--path veth] [--json FILE]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type ForwardOptions, readCommandLine } from './forward/options.js';
import { forwardDocument, median, ratios } from './forward/report.js';
import { runAttempt } from './gate/pairs.js';
import { describe, fails, isSettled, judge, settle, type Verdict } from './gate/verdict.js';
import { runMicro } from './micro/program.js';

const COMMITTED = 'bench/results/gate.json';
const PAIRS = 9;
const SECONDS = 0.6;
const ALLOCATING = { minTimeS: 0.3, repetitions: 1, filter: 'forward_frames/50' };

/** What is stored of one kind: a `plenum-bench/1` of `gate`. */
interface Result {
  cpu_model: string;
  work: ForwardOptions;
  ratio_to_ideal: number;
  [field: string]: unknown;
}

/** A result of another processor is of another kind: ciphers differ more than the code does. */
function isOfKind({ cpu_model: model, work }: Result, options: ForwardOptions): boolean {
  return model === cpus()[0]?.model && JSON.stringify(work) === JSON.stringify(options);
}

async function attempt(options: ForwardOptions, committed: Result | undefined) {
  const { run, void: why } = await runAttempt(options);
  const outcome = why === null ? { ratio: median(ratios(run)) } : { void: why };
  const verdict = judge(outcome, committed?.ratio_to_ideal);
  console.log(`${nameOf(options)}: ${describe(verdict)}`);
  return { run, verdict };
}

/** One attempt, and another one where the first settles nothing. */
async function settled(options: ForwardOptions, committed: Result | undefined) {
  const first = await attempt(options, committed);
  if (isSettled(first.verdict)) return first;
  const second = await attempt(options, committed);
  const verdict = settle(first.verdict, second.verdict);
  return { run: verdict === first.verdict ? first.run : second.run, verdict };
}

/** What is committed is to be nobody's best or worst moment. */
async function middleOf(options: ForwardOptions) {
  const attempts = [];
  while (attempts.length < 3) attempts.push(await attempt(options, undefined));
  const good = attempts.filter(({ verdict }) => verdict.is === 'new');
  good.sort((a, b) => median(ratios(a.run)) - median(ratios(b.run)));
  return (good[good.length >> 1] ?? attempts[0]) as (typeof attempts)[number];
}

const nameOf = ({ profile, path }: ForwardOptions) => `${profile}, ${path}`;

async function allocationsPerPacket(): Promise<number> {
  const [stage] = await runMicro(ALLOCATING);
  const { allocations = Number.NaN, packets_out: packets = 0 } = stage?.counts ?? {};
  console.log(`allocations: ${allocations} for ${packets} packets out`);
  return allocations / packets;
}

const { values } = parseArgs({
  options: {
    update: { type: 'boolean', default: false },
    path: { type: 'string', default: 'loopback' },
    json: { type: 'string' },
  },
});
const kinds = ['gcm', 'cm'].map((profile) => {
  const line = { profile, path: values.path, pairs: PAIRS, seconds: SECONDS };
  const argv = Object.entries(line).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  return readCommandLine(argv).options;
});
const stored: Result[] = existsSync(COMMITTED) ? JSON.parse(readFileSync(COMMITTED, 'utf8')) : [];
const allocations = await allocationsPerPacket();
const measured: Result[] = [];
const verdicts: Verdict[] = [];
for (const options of kinds) {
  const { run, verdict } = values.update
    ? await middleOf(options)
    : await settled(
        options,
        stored.find((one) => isOfKind(one, options)),
      );
  verdicts.push(verdict);
  measured.push({
    ...forwardDocument(run),
    ...{ bench: 'gate', allocations_per_packet: allocations, verdict: verdict.is },
  } as unknown as Result);
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(measured, null, 2)}\n`);
if (values.update) {
  const isNew = (one: Result) => verdicts[measured.indexOf(one)]?.is === 'new';
  const fresh = measured.filter(isNew);
  const others = stored.filter((one) => !fresh.some(({ work }) => isOfKind(one, work)));
  writeFileSync(COMMITTED, `${JSON.stringify([...others, ...fresh], null, 2)}\n`);
}
const summary = verdicts.map((verdict, kind) => {
  return `${nameOf(kinds[kind] as ForwardOptions)} ${describe(verdict)}`;
});
const hasFailed = fails(verdicts, allocations);
console.log(
  `gate ${hasFailed ? 'failed' : 'passed'}: ${summary.join('; ')}; ` +
    `${allocations.toFixed(6)} allocations per packet`,
);
if (hasFailed) process.exitCode = 1;
