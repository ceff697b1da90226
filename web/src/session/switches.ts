/**
 * This person's own switches in a meeting, within what hosts allow. What the person did not press
 * switches nothing on.
 */
import type { Grants, Source } from '../../../client/src/index.js';
import type { LocalMedia } from './local-media.js';
import type { NoticeKind } from './meeting-state.js';

export interface SwitchesEnvironment {
  local: LocalMedia;
  /** Undefined until this person is in the room. */
  grants(): Grants | undefined;
  notify(notice: NoticeKind): void;
  /** That holds no more. */
  withdraw(kind: NoticeKind['kind']): void;
  /** Whether a host has asked this person to unmute, and it was not done yet. */
  asked(isAsked: boolean): void;
}

export class Switches {
  /** A phone's camera was on when its page was hidden. */
  private cameraRests = false;
  private isAsked = false;
  private stopWatching = () => {};

  constructor(private readonly environment: SwitchesEnvironment) {}

  start(): void {
    const { store } = this.environment.local;
    this.stopWatching = store.subscribe(() => {
      if (!store.get().muted) this.setAsked(false);
    });
  }

  close(): void {
    this.stopWatching();
  }

  async toggleMute(): Promise<void> {
    if (this.isMuted) await this.unmute();
    else this.environment.local.setMuted(true);
  }

  async unmute(): Promise<void> {
    if (!this.isMuted || !this.may('microphone') || !this.mayUnmute()) return;
    await this.environment.local.start('microphone');
  }

  /** Push to talk, of somebody who has a microphone and is muted. Whether that changed anything. */
  talk(isHeld: boolean): boolean {
    const { local } = this.environment;
    const { microphone, muted } = local.store.get();
    if (!microphone.track || muted !== isHeld || !this.may('microphone')) return false;
    if (isHeld && !this.mayUnmute()) return false;
    local.setMuted(!isHeld);
    return true;
  }

  async toggleCamera(): Promise<void> {
    const { local } = this.environment;
    if (local.store.get().camera.track) this.stopCamera();
    else if (this.may('camera')) await local.start('camera');
  }

  stopCamera(): void {
    this.cameraRests = false;
    this.environment.local.stopCamera();
  }

  /** A phone's camera rests while nobody looks at the page. */
  rest(isHidden: boolean): void {
    const { local } = this.environment;
    if (isHidden) {
      const { state } = local.store.get().camera;
      this.cameraRests ||= state === 'on' || state === 'starting';
      local.stopCamera();
    } else if (this.cameraRests) {
      this.cameraRests = false;
      if (this.may('camera')) void local.start('camera');
    }
  }

  /** A host asks for it. */
  ask(): void {
    if (this.isMuted) this.setAsked(true);
  }

  /** "No". */
  decline(): void {
    this.setAsked(false);
  }

  /** What is not allowed any more ends here as well, not only at the node. */
  obey({ publish, unmute }: Grants): void {
    if (unmute) this.environment.withdraw('unmuteDenied');
    if (!publish.includes('camera')) this.stopCamera();
    if (publish.includes('microphone')) return;
    this.setAsked(false);
    this.environment.local.setMuted(true);
  }

  may(source: Source): boolean {
    return this.environment.grants()?.publish.includes(source) ?? false;
  }

  private get isMuted(): boolean {
    return this.environment.local.store.get().muted;
  }

  /** Says so when the person may not. */
  private mayUnmute(): boolean {
    const canUnmute = this.environment.grants()?.unmute ?? true;
    if (!canUnmute) this.environment.notify({ kind: 'unmuteDenied' });
    return canUnmute;
  }

  private setAsked(isAsked: boolean): void {
    if (this.isAsked === isAsked) return;
    this.isAsked = isAsked;
    this.environment.asked(isAsked);
  }
}
