import { useEffect, useMemo, useState } from 'react';
import { type Playback, realTimers } from '../../../../client/src/index.js';
import { FileUrls } from '../../session/playback/file-urls.js';
import { Player } from '../../session/playback/player.js';
import {
  type Lane,
  type Layout,
  lanesOf,
  wholeFile,
  wholeLane,
  wholeLayouts,
} from '../../session/playback/timeline.js';
import type { PlaybackSource } from '../../session/recordings-api.js';

/** How it is looked at: each track by itself, or one file that holds all. */
export type ReplayView = 'people' | Layout | 'audio';

/** A recording while it is looked at. */
export interface ReplayState {
  playback: Playback;
  player: Player;
  view: ReplayView;
  /** Those that can be chosen now. */
  views: readonly ReplayView[];
  choose(view: ReplayView): void;
  /** What `view` plays. */
  lanes: readonly Lane[];
}

export function useReplay(playback: Playback, source: PlaybackSource): ReplayState {
  const durationMs = durationOf(playback);
  const [player] = useState(() => {
    const urls = new FileUrls((fileId) => source.url(fileId), realTimers.now);
    return new Player({ urls, timers: realTimers }, durationMs);
  });
  useEffect(() => () => player.close(), [player]);
  useEffect(() => player.setDuration(durationMs), [player, durationMs]);
  const { files } = playback.recording;
  const views = viewsOf(files);
  const [chosen, choose] = useState<ReplayView>();
  // What plays is not changed under somebody's eyes by a film that has become ready.
  const [first] = useState(views[0]);
  const known = [chosen, first].find((view) => view !== undefined && views.includes(view));
  const view = known ?? views[0] ?? 'people';
  const lanes = useLanes(files, view);
  return { playback, player, view, views, choose, lanes };
}

type Files = Playback['recording']['files'];

function viewsOf(files: Files): readonly ReplayView[] {
  const people = lanesOf(files).length > 0 ? (['people'] as const) : [];
  const audio = wholeFile(files, 'audio') ? (['audio'] as const) : [];
  return [...wholeLayouts(files), ...people, ...audio];
}

/** The same lanes as long as their files are the same: their elements stay as they are. */
function useLanes(files: Files, view: ReplayView): readonly Lane[] {
  const lanes = playedLanes(files, view);
  const key = JSON.stringify(lanes);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` is all that `lanes` says.
  return useMemo(() => lanes, [key]);
}

/** Of many voices the one file that has all of them is enough, once it is there. */
function playedLanes(files: Files, view: ReplayView): readonly Lane[] {
  if (view !== 'people') {
    const file = wholeFile(files, view);
    return file ? [wholeLane(file)] : [];
  }
  const mix = wholeFile(files, 'audio');
  const tracks = lanesOf(files);
  return mix ? [wholeLane(mix), ...tracks.filter(({ kind }) => kind === 'video')] : tracks;
}

function durationOf({ recording }: Playback): number {
  return Math.max(recording.duration_ms, ...recording.files.map(({ end_ms }) => end_ms));
}
