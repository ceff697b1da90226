import type { Grants, Role } from '../../../../client/src/index.js';
import { isHost } from '../../session/roles.js';
import { useStore } from '../use-store.js';
import { useRoomUi } from './room-ui.js';

const none: Grants = { publish: [], subscribe: true, chat: false, unmute: false };

/** What this person is and may do now. */
export function useRights(): { role: Role; isHost: boolean; grants: Grants } {
  const { stay } = useRoomUi();
  const role = useStore(stay.store, ({ room }) => room?.role ?? 'viewer');
  const grants = useStore(stay.store, ({ room }) => room?.grants ?? none);
  return { role, isHost: isHost(role), grants };
}

export function useHandUp(): boolean {
  const { stay } = useRoomUi();
  return useStore(
    stay.store,
    ({ room }) => room?.hands.some(({ participant_id }) => participant_id === room.selfId) ?? false,
  );
}
