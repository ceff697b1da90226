import type { Identity, RoomBlock } from '../rooms/service.js';

/** What a block says about somebody who wants to come in. */
export type BlockState = 'none' | 'lobby' | 'refused';

/** Somebody who wants in. */
export interface Newcomer extends Identity {
  isPersonalInvite: boolean;
}

/** How the blocks of a meeting name somebody. */
export interface NamedInBlocks {
  /** The account, device or ingest key. */
  refused: boolean;
  invite: boolean;
  /** A person was blocked, and this may be the same one: a guest, or an account made since. */
  alike: boolean;
}

/** As `findBlocks` finds it. Ids are UUIDv7: their order is that of time. */
export function namedIn(blocks: readonly RoomBlock[], who: Identity): NamedInBlocks {
  return {
    refused: blocks.some(
      (block) =>
        isSame(block.userId, who.userId) ||
        isSame(block.deviceHash, who.deviceHash) ||
        isSame(block.ingestKeyId, who.ingestKeyId),
    ),
    invite: blocks.some(({ inviteId }) => isSame(inviteId, who.inviteId)),
    alike: blocks.some(
      ({ blockId, ingestKeyId }) =>
        ingestKeyId === null && (who.userId === null || who.userId > blockId),
    ),
  };
}

/**
 * Account, device, ingest key and personal invite are kept out. What many have, a shared link or the
 * passcode, tells nobody apart: after a block whoever comes by it and may be the same person, a guest
 * or an account made since, is looked at first, in the lobby.
 */
export function blockState(named: NamedInBlocks, who: Newcomer): BlockState {
  if (named.refused || (named.invite && who.isPersonalInvite)) return 'refused';
  const isTheirOwnWay = who.isPersonalInvite || who.ingestKeyId !== null;
  return named.alike && !isTheirOwnWay ? 'lobby' : 'none';
}

function isSame(one: string | null, other: string | null): boolean {
  return one !== null && one === other;
}
