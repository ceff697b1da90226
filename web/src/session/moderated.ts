/** What a host did to this person: to the own devices at once, and as a word about it. */
import type { ServerPayloads, Source } from '../../../client/src/index.js';
import type { LocalMedia } from './local-media.js';
import type { NoticeKind } from './meeting-state.js';

export interface ModeratedEnvironment {
  local: LocalMedia;
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
    const { notify, blocked } = this.environment;
    if (action === 'muted' && detail.source) this.muted(detail.source);
    else if (action === 'removed' && detail.blocked) blocked();
    else if (action === 'asked_to_unmute') notify({ kind: 'askedToUnmute' });
    else if (action === 'hand_lowered') notify({ kind: 'handLowered' });
    else if (action === 'role' && detail.role) notify({ kind: 'role', role: detail.role });
  }

  /** Whether the microphone may be switched on; says so when it may not. */
  mayUnmute(canUnmute: boolean): boolean {
    if (!canUnmute) this.environment.notify({ kind: 'unmuteDenied' });
    return canUnmute;
  }

  private muted(source: Source): void {
    const { local, mutedAtNode, stopSharing, notify } = this.environment;
    mutedAtNode(source);
    if (source === 'microphone') {
      const wasHeard = !local.store.get().muted;
      local.setMuted(true);
      if (wasHeard) notify({ kind: 'mutedByHost' });
    } else if (source === 'camera') {
      local.stopCamera();
      notify({ kind: 'cameraStoppedByHost' });
    } else {
      stopSharing();
      if (source === 'screen') notify({ kind: 'sharingStoppedByHost' });
    }
  }
}
