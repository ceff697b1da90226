import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { MediaNode, NodeRoom } from '../../../../client/src/index.js';
import { dateTimeText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { Section } from '../site/section.js';
import { LiveView } from './live-view.js';
import { MoveDialog } from './move-dialog.js';
import { useLiveList } from './use-live-list.js';

interface RoomsSectionProps {
  node: MediaNode;
  nodes: readonly MediaNode[];
  onMoved: () => void;
}

/** The rooms whose media is on a node. */
export function RoomsSection({ node, nodes, onMoved }: RoomsSectionProps) {
  const { api } = useClient();
  const { node_id } = node;
  const list = useLiveList((cursor) =>
    api.call('GET /v1/nodes/{node_id}/rooms', {
      params: { node_id },
      query: { limit: 200, ...(cursor ? { cursor } : {}) },
    }),
  );
  const [moving, setMoving] = useState<NodeRoom>();
  const [told, setTold] = useState('');
  const move = async ({ room_id, ...room }: NodeRoom, to: string | undefined) => {
    const body = to === undefined ? {} : { node_id: to };
    const moved = await api.call('POST /v1/rooms/{room_id}/move', { params: { room_id }, body });
    const name = nodes.find((each) => each.node_id === moved.node_id)?.name ?? moved.node_id;
    setTold(text('nodes.moved', { title: titleOf(room), name }));
    onMoved();
    void list.refresh();
  };
  return (
    <Section title={text('nodes.roomsTitle')}>
      <p role="status" className="form-done">
        {told}
      </p>
      <LiveView list={list} empty={text('nodes.noRooms')}>
        {(rooms) => (
          <ul className="rows">
            {rooms.map((room) => (
              <RoomRow key={room.room_id} room={room} onMove={setMoving} />
            ))}
          </ul>
        )}
      </LiveView>
      {moving && (
        <MoveDialog
          title={titleOf(moving)}
          nodeId={node_id}
          nodes={nodes}
          onConfirm={(to) => move(moving, to)}
          onClose={() => setMoving(undefined)}
        />
      )}
    </Section>
  );
}

interface RoomRowProps {
  room: NodeRoom;
  onMove: (room: NodeRoom) => void;
}

function RoomRow({ room, onMove }: RoomRowProps) {
  const title = titleOf(room);
  return (
    <li className="row">
      <div>
        <p className="row-title">
          <bdi>{title}</bdi>
        </p>
        <p className="hint node-counts">
          {room.participants !== null && (
            <span>{text('nodes.people', { count: room.participants })}</span>
          )}
          <span>{text('nodes.roomSince', { time: dateTimeText(room.opened_at) })}</span>
          {room.control_id && <span>{processOf(room)}</span>}
        </p>
      </div>
      <Button
        className="button"
        aria-label={text('nodes.moveNamed', { title })}
        onPress={() => onMove(room)}
      >
        {text('nodes.move')}
      </Button>
    </li>
  );
}

function processOf({ control_address: address }: NodeRoom): string {
  return address ? text('nodes.process', { address }) : text('nodes.processGone');
}

/** Meetings without a title are told apart by the end of their id, which is random. */
function titleOf({ title, meeting_id }: Pick<NodeRoom, 'title' | 'meeting_id'>): string {
  return title || text('nodes.room', { id: meeting_id.slice(-6) });
}
