import type { Playback } from '../../../../client/src/index.js';
import type { Player } from '../../session/playback/player.js';
import { wholeGaps } from '../../session/playback/timeline.js';
import { lengthText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { useStore } from '../use-store.js';

/** What a step of it is; the keys of the player make larger ones. */
const stepMs = 1_000;

/** Where it is; above it who spoke and what was shared, and what is missing. */
export function SeekBar({ playback, player }: { playback: Playback; player: Player }) {
  const at = useStore(player.store, ({ positionMs }) => Math.floor(positionMs / stepMs) * stepMs);
  const durationMs = useStore(player.store, (state) => state.durationMs);
  const duration = lengthText(durationMs);
  return (
    <div className="seek">
      <div className="seek-marks" aria-hidden="true">
        {playback.chapters.map((chapter) => (
          <Mark
            key={`${chapter.kind} ${chapter.participant_id} ${chapter.from_ms}`}
            {...{ kind: chapter.kind, durationMs, span: chapter }}
          />
        ))}
        {wholeGaps(playback.gaps).map((gap) => (
          <Mark key={`gap ${gap.from_ms}`} {...{ kind: 'gap', durationMs, span: gap }} />
        ))}
      </div>
      <input
        type="range"
        className="range"
        data-seek
        aria-label={text('player.position')}
        aria-valuetext={text('player.positionText', { position: lengthText(at), duration })}
        min={0}
        max={durationMs}
        step={stepMs}
        value={at}
        onChange={(event) => player.seek(Number(event.target.value))}
      />
    </div>
  );
}

interface MarkProps {
  kind: 'speaker' | 'screen' | 'gap';
  durationMs: number;
  span: { from_ms: number; to_ms: number };
}

function Mark({ kind, durationMs, span }: MarkProps) {
  const share = (ms: number) => `${durationMs > 0 ? (100 * ms) / durationMs : 0}%`;
  const style = {
    insetInlineStart: share(span.from_ms),
    inlineSize: share(span.to_ms - span.from_ms),
  };
  return <span className="seek-mark" data-kind={kind} style={style} />;
}
