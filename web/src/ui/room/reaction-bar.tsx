import { type KeyboardEvent, useEffect, useRef } from 'react';
import { Button } from 'react-aria-components';
import { reactionNames } from '../../session/reactions.js';
import { text } from '../../strings/index.js';
import { useStore } from '../use-store.js';
import { ReactionSign } from './reaction-sign.js';
import { useRoomUi } from './room-ui.js';

/** The six, for the mouse or for the keys 1 to 6; Esc closes. */
export function ReactionBar({ onClose }: { onClose: () => void }) {
  const { stay } = useRoomUi();
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => bar.current?.querySelector('button')?.focus(), []);
  const send = (index: number) => {
    const name = reactionNames[index];
    if (name) stay.react(name);
    onClose();
  };
  const press = (event: KeyboardEvent) => {
    const digit = Number(/^Digit([1-6])$/.exec(event.code)?.[1] ?? 0);
    if (digit === 0 && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    if (digit > 0) send(digit - 1);
    else onClose();
  };
  return (
    <div
      ref={bar}
      className="reaction-bar"
      role="toolbar"
      aria-label={text('reaction.choose')}
      onKeyDownCapture={press}
    >
      {reactionNames.map((name, index) => (
        <Button
          key={name}
          className="reaction-button"
          aria-label={text(`reaction.${name}`)}
          aria-keyshortcuts={String(index + 1)}
          data-key={index + 1}
          onPress={() => send(index)}
        >
          <ReactionSign name={name} />
        </Button>
      ))}
    </div>
  );
}

/** Of everybody, also of people whose tile is not on this page. */
export function ReactionStream() {
  const { stay } = useRoomUi();
  const reactions = useStore(stay.store, (state) => state.reactions);
  const people = useStore(stay.store, (state) => state.room?.participants);
  return (
    <ul className="reaction-stream" aria-label={text('reaction.shown')}>
      {reactions.map(({ serial, participantId, name }) => (
        <li key={serial} className="reaction" data-reaction={name}>
          <span role="img" aria-label={text(`reaction.${name}`)}>
            <ReactionSign name={name} />
          </span>
          <bdi>{people?.get(participantId)?.name}</bdi>
        </li>
      ))}
    </ul>
  );
}
