/** What every part of the room can reach: the stay, and what is open around it. */
import { createContext, useContext } from 'react';
import type { Meeting } from '../../session/meeting.js';
import type { Settings } from '../../session/settings.js';
import type { ShortcutKeys } from '../../session/shortcut-keys.js';

export type PanelName = 'chat' | 'participants';
export type DialogName =
  | 'settings'
  | 'shortcuts'
  | 'security'
  | 'leave'
  | 'end'
  | 'muteAll'
  | 'lowerHands'
  | 'stopRecording';

export interface RoomUi {
  readonly stay: Meeting;
  readonly settings: Settings;
  readonly keys: ShortcutKeys;
  readonly panel: PanelName | undefined;
  togglePanel(name: PanelName): void;
  closePanel(): void;
  ask(dialog: DialogName | undefined): void;
  react(): void;
  toggleStats(): void;
  /** Undefined: this person has no link that others can use. */
  readonly copyLink: (() => void) | undefined;
}

export const RoomUiContext = createContext<RoomUi | undefined>(undefined);

export function useRoomUi(): RoomUi {
  const ui = useContext(RoomUiContext);
  if (!ui) throw new Error('no room around this component');
  return ui;
}
