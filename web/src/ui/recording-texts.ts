import { type TextKey, text } from '../strings/index.js';

const reasons: Readonly<Record<string, TextKey>> = {
  no_recorder: 'recording.reason.no_recorder',
  never_began: 'recording.reason.never_began',
  nothing_recorded: 'recording.reason.nothing_recorded',
  disk_low: 'recording.reason.disk_low',
  disk_full: 'recording.reason.disk_full',
  store_down: 'recording.reason.store_down',
  recorder_lost: 'recording.reason.recorder_lost',
};

/** Why a recording is degraded or has failed; of a newer server, a common text. */
export function recordingReason(reason: string | null | undefined): string {
  const known = Object.hasOwn(reasons, reason ?? '') ? reasons[reason ?? ''] : undefined;
  return text(known ?? 'recording.reason.other');
}

const gaps: Readonly<Record<string, TextKey>> = {
  loss: 'gap.loss',
  silence: 'gap.silence',
  node: 'gap.node',
  recorder: 'gap.recorder',
  disk: 'gap.disk',
  overload: 'gap.overload',
  key_frame: 'gap.key_frame',
};

/** Why a part of a recording is missing. */
export function gapReason(reason: string): string {
  return text((Object.hasOwn(gaps, reason) && gaps[reason]) || 'gap.other');
}
