/** What a run of meetings prints and stores. */
import { type MeetingsResult, PARTICIPANTS } from './meetings.js';
import type { ForwardOptions } from './options.js';
import { printProfile } from './profile.js';
import { benchDocument } from './report.js';

function packetsPerCpuS({ forwarded }: MeetingsResult): number {
  return (forwarded.packetsIn + forwarded.packetsOut) / (forwarded.cpuUs / 1e6);
}

function lossOf({ load: { expected, counted } }: MeetingsResult): number {
  return Math.max(0, 1 - counted / expected);
}

export function printMeetings(result: MeetingsResult): void {
  const { meetings, seconds, forwarded, load } = result;
  const people = meetings * PARTICIPANTS;
  const perS = (count: number) => count / (forwarded.spanUs / 1e6);
  const rows: [string, string][] = [
    ['meetings of 12', `${meetings}`],
    ['media threads busy, cores', perS(forwarded.cpuUs / 1e6).toFixed(3)],
    ['packets in per s and person', (perS(forwarded.packetsIn) / people).toFixed(0)],
    ['packets out per s and person', (perS(forwarded.packetsOut) / people).toFixed(0)],
    ['CPU per packet in or out, ns', (1e9 / packetsPerCpuS(result)).toFixed(0)],
    ['forwarding delay p50, ms, pacer included', (load.delayNs.p50 / 1e6).toFixed(3)],
    ['forwarding delay p99, ms, pacer included', (load.delayNs.p99 / 1e6).toFixed(3)],
    ['loss', lossOf(result).toFixed(6)],
    ['packets per send call', (forwarded.packetsOut / forwarded.sendCalls).toFixed(1)],
    ['packets per message sent', (forwarded.packetsOut / forwarded.sendMessages).toFixed(2)],
    ['packets per wake-up', (forwarded.packetsIn / forwarded.wakeUps).toFixed(1)],
    ['wake-ups per s', perS(forwarded.wakeUps).toFixed(0)],
    ['observed: verified', `${load.verified}`],
    ['observed: corrupted or undecryptable', `${load.corrupted + load.undecryptable}`],
    ['repeats and padding, share', (load.repeats / load.received).toFixed(4)],
    ['feedback messages per s', (load.feedback / seconds).toFixed(0)],
    ['JavaScript and rest, cores', perS(forwarded.otherCpuUs / 1e6).toFixed(3)],
    ['RSS per participant, KiB', (result.rssPerParticipantBytes / 1024).toFixed(0)],
    ['generator busy', load.busy.toFixed(2)],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(44)} ${value.padStart(10)}`);
  if (result.profile) printProfile('node', result.profile);
}

export function meetingsHeadline(result: MeetingsResult): string {
  const busy = result.forwarded.cpuUs / result.forwarded.spanUs;
  return (
    `${packetsPerCpuS(result).toFixed(0)} packets in and out per CPU-second: ` +
    `${result.meetings} meetings of ${PARTICIPANTS} take ${busy.toFixed(2)} of a core`
  );
}

export function meetingsDocument(options: ForwardOptions, result: MeetingsResult): object {
  const { forwarded, load, meetings, seconds } = result;
  return {
    ...benchDocument('meetings', options, forwarded),
    row: '5',
    duration_s: seconds,
    loss: lossOf(result),
    p50_delay_ms: load.delayNs.p50 / 1e6,
    p99_delay_ms: load.delayNs.p99 / 1e6,
    meetings,
    participants_per_meeting: PARTICIPANTS,
    rss_per_participant_bytes: result.rssPerParticipantBytes,
    repeats_share: load.repeats / load.received,
    feedback_per_s: load.feedback / seconds,
    other_cpu_s: forwarded.otherCpuUs / 1e6,
    generator_busy: load.busy,
    profiles: result.profile === null ? {} : { node: result.profile },
    void: result.void === null ? [] : [result.void],
  };
}
