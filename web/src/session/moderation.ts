/** What hosts do (api §4, `mod.*`): commands whose refusal is told to the person. */
import type {
  AnswerTo,
  ClientPayloads,
  CommandType,
  Role,
  RoomPolicyChange,
  Source,
  Those,
} from '../../../client/src/index.js';

export type Command = <Type extends CommandType>(
  t: Type,
  d: ClientPayloads[Type],
) => Promise<AnswerTo<Type>>;

export class Moderation {
  constructor(
    private readonly command: Command,
    private readonly refused: (error: unknown) => void,
  ) {}

  mute(participant_id: string, source: Source): void {
    this.act('mod.mute', { participant_id, source });
  }

  /** Of everybody but hosts. */
  muteAll(self_unmute: boolean): void {
    this.act('mod.mute_all', { source: 'microphone', self_unmute });
  }

  stopVideo(participant_id: string): void {
    this.act('mod.stop_video', { participant_id });
  }

  askUnmute(participant_id: string): void {
    this.act('mod.ask_unmute', { participant_id });
  }

  allowUnmute(participant_id: string, can_unmute: boolean): void {
    this.act('mod.can_unmute', { participant_id, can_unmute });
  }

  lowerHand(participant_id: string): void {
    this.act('mod.lower_hand', { participant_id });
  }

  lowerAllHands(): void {
    this.act('mod.lower_hand', { all: true });
  }

  /** The whole list. */
  spotlight(publication_ids: string[]): void {
    this.act('mod.spotlight', { publication_ids });
  }

  setRole(participant_id: string, role: Role): void {
    this.act('mod.role', { participant_id, role });
  }

  remove(participant_id: string, block: boolean): void {
    this.act('mod.remove', { participant_id, block });
  }

  lock(locked: boolean): void {
    this.act('mod.lock', { locked });
  }

  changePolicy(change: RoomPolicyChange): void {
    this.act('mod.policy', change);
  }

  admit(participantId: string): void {
    this.act('mod.admit', { participant_ids: [participantId] });
  }

  admitAll(): void {
    this.act('mod.admit', all);
  }

  deny(participantId: string): void {
    this.act('mod.deny', { participant_ids: [participantId] });
  }

  /** To all who wait, and who will. */
  tellLobby(body: string): void {
    this.act('mod.lobby_message', { body });
  }

  /** For everybody. */
  end(): void {
    this.act('mod.end', {});
  }

  private act<Type extends CommandType & `mod.${string}`>(t: Type, d: ClientPayloads[Type]): void {
    this.command(t, d).catch(this.refused);
  }
}

const all: Those = { all: true };
