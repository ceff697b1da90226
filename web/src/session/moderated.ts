/** What a host did to this person: to the own devices at once, and as a word about it. */
import type { ServerPayloads, Source } from '../../../client/src/index.js';
import type { LocalMedia } from './local-media.js';
import type { NoticeKind } from './meeting-state.js';
import type { Switches } from './switches.js';

export interface ModeratedEnvironment {
  local: LocalMedia;
  switches: Pick<Switches, 'ask' | 'stopCamera'>;
  /** The node has switched it off: no need to tell the server. */
  mutedAtNode(source: Source): void;
  stopSharing(): void;
  /** Removed, and not to come back. */
  blocked(): void;
  notify(notice: NoticeKind): void;
}

export class Moderated {
  constructor(private readonly environment: ModeratedEnvironment) {}

  received({ action, detail }: ServerPayloads['moderated']): void {
    const { notify, switches, blocked } = this.environment;
    if (action === 'muted' && detail.source) this.muted(detail.source);
    else if (action === 'removed' && detail.blocked) blocked();
    else if (action === 'asked_to_unmute') switches.ask();
    else if (action === 'hand_lowered') notify({ kind: 'handLowered' });
    else if (action === 'role' && detail.role) notify({ kind: 'role', role: detail.role });
  }

  private muted(source: Source): void {
    const { local, switches, mutedAtNode, stopSharing, notify } = this.environment;
    mutedAtNode(source);
    if (source === 'microphone') {
      const wasHeard = !local.store.get().muted;
      local.setMuted(true);
      if (wasHeard) notify({ kind: 'mutedByHost' });
    } else if (source === 'camera') {
      switches.stopCamera();
      notify({ kind: 'cameraStoppedByHost' });
    } else {
      stopSharing();
      if (source === 'screen') notify({ kind: 'sharingStoppedByHost' });
    }
  }
}
