import { useEffect, useRef } from 'react';
import type { Player } from '../../session/playback/player.js';
import { type Message, messagesUntil } from '../../session/playback/timeline.js';
import { lengthText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { useStore } from '../use-store.js';

interface ReplayChatProps {
  messages: readonly Message[];
  player: Player;
}

/** What was written, going along with the picture unless somebody reads in it. */
export function ReplayChat({ messages, player }: ReplayChatProps) {
  const list = useRef<HTMLOListElement>(null);
  const count = useStore(player.store, ({ positionMs }) => messagesUntil(messages, positionMs));
  useEffect(() => {
    const box = list.current?.parentElement;
    const item = list.current?.children[count - 1];
    if (!box || !(item instanceof HTMLElement) || isRead(box)) return;
    box.scrollTop = item.offsetTop - box.offsetTop - (box.clientHeight - item.offsetHeight) / 2;
  }, [count]);
  if (messages.length === 0) return <p className="list-note">{text('replay.none')}</p>;
  return (
    <ol ref={list} className="replay-list">
      {messages.map(({ message_id, name, at_ms, body }, index) => (
        <li
          key={message_id}
          className="replay-message"
          aria-current={index === count - 1 ? 'true' : undefined}
        >
          <p className="replay-from">
            <bdi>{name}</bdi>
            <button
              type="button"
              className="replay-time"
              aria-label={text('replay.at', { time: lengthText(at_ms) })}
              onClick={() => player.seek(at_ms)}
            >
              {lengthText(at_ms)}
            </button>
          </p>
          <p className="message-body" dir="auto">
            {body}
          </p>
        </li>
      ))}
    </ol>
  );
}

function isRead(box: Element): boolean {
  return box.matches(':hover') || box.contains(document.activeElement);
}
