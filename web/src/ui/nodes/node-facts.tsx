import { Label, Meter } from 'react-aria-components';
import type { MediaNode } from '../../../../client/src/index.js';
import { stateOf, toneOf } from '../../session/node-states.js';
import { dateTimeText, momentText, percentText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';

/** How a node is, in a word. */
export function StateChip({ node }: { node: MediaNode }) {
  const state = stateOf(node);
  return (
    <span className="chip node-state" data-tone={toneOf(state)}>
      {text(`nodes.state.${state}`)}
    </span>
  );
}

/** Why it is as it is; nothing where all is well. */
export function StateNote({ node }: { node: MediaNode }) {
  const state = stateOf(node);
  const { drain_until: until, last_seen_at: seenAt } = node;
  if (node.is_sole) return <p className="hint">{text('nodes.sole')}</p>;
  if (state === 'up') return null;
  const isSilent = state === 'lost' || state === 'silent';
  return (
    <p className="hint node-note">
      {text(`nodes.why.${state}`)}{' '}
      {isSilent && <span>{text('nodes.seen', { time: momentText(seenAt) })}.</span>}
      {state === 'draining' && until && (
        <span>{text('nodes.until', { time: dateTimeText(until) })}.</span>
      )}
    </p>
  );
}

/** How busy its busiest media thread is; the mark: from there on it gets no new rooms. */
export function LoadMeter({ node }: { node: MediaNode }) {
  const { stress_ratio: load } = node;
  const label = text('nodes.load');
  if (node.state === 'lost') return null;
  if (load === null) {
    return (
      <p className="load">
        <span className="load-label">{label}</span>
        <span className="hint">{text('nodes.loadNone')}</span>
      </p>
    );
  }
  const shown = Math.min(1, load);
  return (
    <Meter
      className="load"
      value={shown}
      maxValue={1}
      valueLabel={percentText(Math.round(load * 100) / 100)}
    >
      {({ percentage, valueText }) => (
        <>
          <Label className="load-label">{label}</Label>
          <span className="load-value">{valueText}</span>
          <span className="load-track" data-full={load >= 0.8 || undefined}>
            <span className="load-fill" style={{ inlineSize: `${percentage}%` }} />
          </span>
        </>
      )}
    </Meter>
  );
}

/** Rooms and people; nothing of a lost one. */
export function NodeCounts({ node }: { node: MediaNode }) {
  const { rooms, participants } = node;
  if (rooms === null || participants === null) return null;
  return (
    <p className="node-counts">
      <span>{text('nodes.rooms', { count: rooms })}</span>
      <span>{text('nodes.people', { count: participants })}</span>
    </p>
  );
}
