import { useMemo } from 'react';
import type { Playback } from '../../../../client/src/index.js';
import type { Player } from '../../session/playback/player.js';
import { chapterAt, wholeGaps } from '../../session/playback/timeline.js';
import { lengthText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { gapReason } from '../recording-texts.js';
import { useStore } from '../use-store.js';

interface Entry {
  key: string;
  fromMs: number;
  label: string;
  kind: 'speaker' | 'screen' | 'gap';
}

/** Who spoke, what was shared and what is missing, in order of time: each leads there. */
export function Chapters({ playback, player }: { playback: Playback; player: Player }) {
  const entries = useMemo(() => entriesOf(playback), [playback]);
  const current = useStore(player.store, ({ positionMs }) => {
    const chapter = chapterAt(playback.chapters, positionMs);
    return chapter && keyOf(chapter);
  });
  if (entries.length === 0) return <p className="list-note">{text('chapters.none')}</p>;
  return (
    <ol className="replay-list">
      {entries.map(({ key, fromMs, label, kind }) => (
        <li key={key}>
          <button
            type="button"
            className="chapter"
            data-kind={kind}
            aria-current={key === current ? 'true' : undefined}
            onClick={() => player.seek(fromMs)}
          >
            <bdi className="replay-time">{lengthText(fromMs)}</bdi>
            <span>{label}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

type Chapter = Playback['chapters'][number];

function keyOf({ kind, participant_id, from_ms }: Chapter): string {
  return `${kind} ${participant_id} ${from_ms}`;
}

function entriesOf({ chapters, gaps, participants }: Playback): readonly Entry[] {
  const nameOf = (id: string) =>
    participants.find(({ participant_id }) => participant_id === id)?.name ??
    text('player.someone');
  const told = chapters.map((chapter): Entry => {
    const { kind, from_ms: fromMs, participant_id } = chapter;
    const label = text(`chapters.${kind}`, { name: nameOf(participant_id) });
    return { key: keyOf(chapter), fromMs, label, kind };
  });
  const missing = wholeGaps(gaps).map(({ from_ms: fromMs, reason }): Entry => {
    const label = text('player.notRecorded', { reason: gapReason(reason) });
    return { key: `gap ${fromMs}`, fromMs, label, kind: 'gap' };
  });
  return [...told, ...missing].sort((a, b) => a.fromMs - b.fromMs);
}
