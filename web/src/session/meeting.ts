/**
 * A participant's stay in a room: joins signaling, the two transports, this person's devices and
 * the chat into one state. Created with a seat (POST /v1/join), ended by leave() or the server.
 */
import type { Joined } from '../../../control/src/schemas/index.js';
import { codeOf } from '../protocol/errors.js';
import type {
  ClientPayloads,
  Publication,
  ServerMessage,
  ServerPayloads,
  Source,
} from '../protocol/messages.js';
import { type Connection, type EndReason, Signaling } from '../protocol/signaling.js';
import { realTimers } from '../protocol/timers.js';
import { openWebSocket } from '../protocol/web-socket.js';
import { Announcer } from './announcer.js';
import {
  chatFailed,
  chatOpened,
  chatReceived,
  chatSending,
  chatSent,
  chatWithHistory,
} from './chat-log.js';
import type { LocalMedia } from './local-media.js';
import { LocalSync } from './local-sync.js';
import { beforeJoining, type MeetingState, type Notice } from './meeting-state.js';
import { newId } from './new-id.js';
import { PublishTransport } from './publish-transport.js';
import { RemoteAudio } from './remote-audio.js';
import { roomAfter, roomOfJoined } from './room-state.js';
import type { Settings } from './settings.js';
import type { Look } from './statistics.js';
import { Store } from './store.js';
import { SubscribeTransport } from './subscribe-transport.js';
import type { TileSize } from './visibility.js';
import { VisibilityReporter } from './visibility-reporter.js';

const client = { name: 'plenum-web', version: '0.1.0' };
/** A page of the gallery shows 25 people; screens and a voice from beyond the page come on top. */
const slots = { audio: 64, video: 32 };

/** Phones and plain-HTTP pages cannot. */
export const canShareScreen =
  'mediaDevices' in navigator && 'getDisplayMedia' in navigator.mediaDevices;

type NoticeKind = Notice extends infer Each
  ? Each extends Notice
    ? Omit<Each, 'serial'>
    : never
  : never;

export class Meeting {
  readonly store = new Store<MeetingState>(beforeJoining);
  private readonly signaling: Signaling;
  private readonly audio = new RemoteAudio((soundBlocked) => this.store.patch({ soundBlocked }));
  private readonly announcer = new Announcer(realTimers, (summary) =>
    this.store.patch({ announcement: { summary, serial: ++this.serial } }),
  );
  private readonly visibility = new VisibilityReporter(realTimers, (items) =>
    this.signaling.command('subscription.set', { items }),
  );
  private readonly sync: LocalSync;
  private publish: PublishTransport | undefined;
  private subscribe: SubscribeTransport | undefined;
  private serial = 0;

  constructor(
    seat: Joined,
    readonly local: LocalMedia,
    private readonly settings: Settings,
  ) {
    const environment = {
      openSocket: openWebSocket,
      timers: realTimers,
      random: Math.random,
      newId,
    };
    const options = {
      urls: seat.signaling.map(({ url }) => url),
      joinToken: seat.join_token,
      client: { ...client, platform: navigator.userAgent.slice(0, 256) },
      caps: { codecs: ['opus', 'VP8', 'VP9', 'H264', 'AV1'], slots },
    };
    this.signaling = new Signaling(environment, options, {
      connection: (state, reason) => this.connectionChanged(state, reason),
      joined: (payload) => this.joined(payload),
      message: (message) => this.received(message),
    });
    this.sync = new LocalSync(local, () => this.publish);
  }

  start(): void {
    this.audio.setSpeaker(this.local.store.get().chosen.audiooutput ?? '');
    document.addEventListener('visibilitychange', this.pageVisibility);
    window.addEventListener('online', this.networkIsBack);
    window.addEventListener('pagehide', this.leave);
    this.signaling.start();
  }

  readonly leave = (): void => this.signaling.leave();

  async toggleMute(): Promise<void> {
    const { microphone, muted } = this.local.store.get();
    if (microphone.track) this.local.setMuted(!muted);
    else await this.local.start('microphone');
  }

  async toggleCamera(): Promise<void> {
    if (this.local.store.get().camera.track) this.local.stopCamera();
    else await this.local.start('camera');
  }

  async toggleSharing(): Promise<void> {
    if (this.store.get().screen) await this.stopSharing();
    else await this.shareScreen();
  }

  /** Asks which screen, window or tab; does nothing when the person closes that question. */
  private async shareScreen(): Promise<void> {
    if (!canShareScreen) return;
    const wanted = { video: { frameRate: { max: 30 } }, audio: true };
    const stream = await navigator.mediaDevices.getDisplayMedia(wanted).catch(() => undefined);
    const [screen] = stream?.getVideoTracks() ?? [];
    if (!screen) return;
    screen.contentHint = 'detail';
    screen.addEventListener('ended', () => void this.stopSharing());
    this.store.patch({ screen });
    const [sound] = stream?.getAudioTracks() ?? [];
    await Promise.all([
      this.publish?.publish('screen', screen, false),
      sound && this.publish?.publish('screen_audio', sound, false),
    ]);
  }

  private async stopSharing(): Promise<void> {
    this.store.get().screen?.stop();
    this.store.patch({ screen: undefined });
    const { publish } = this;
    await Promise.all([publish?.unpublish('screen'), publish?.unpublish('screen_audio')]);
  }

  async sendChat(body: string, key: string = newId()): Promise<void> {
    this.patchChat((chat) => chatSending(chat, key, body));
    try {
      await this.signaling.command('chat.send', { body });
      this.patchChat((chat) => chatSent(chat, key));
    } catch {
      this.patchChat((chat) => chatFailed(chat, key));
    }
  }

  setChatOpen(open: boolean): void {
    this.patchChat((chat) => chatOpened(chat, open));
  }

  muteOther(participantId: string, source: Source): void {
    this.act('mod.mute', { participant_id: participantId, source });
  }

  removeOther(participantId: string): void {
    this.act('mod.remove', { participant_id: participantId, block: true });
  }

  setSpeaker(id: string): void {
    this.audio.setSpeaker(id);
  }

  resumeSound(): void {
    this.audio.resume();
  }

  reportTile(publicationId: string, size: TileSize | undefined): void {
    this.visibility.tile(publicationId, size);
  }

  /** This viewer's own choice; nobody else sees it. */
  togglePin(participantId: string): void {
    this.setPinned(toggled(this.store.get().pinned, participantId));
  }

  unpinAll(): void {
    this.setPinned(new Set());
  }

  async lookAtStatistics(): Promise<Look> {
    const [publish, subscribe] = await Promise.all([
      this.publish?.statistics(),
      this.subscribe?.statistics(),
    ]);
    const nothing = new Map();
    return {
      atMs: performance.now(),
      publish: publish ?? nothing,
      subscribe: subscribe ?? nothing,
    };
  }

  dismissNotice(): void {
    this.store.patch({ notice: undefined });
  }

  private joined(payload: ServerPayloads['joined']): void {
    const { room: known, chat } = this.store.get();
    const history = payload.snapshot?.last_messages ?? [];
    this.store.patch({
      room: roomOfJoined(known, payload),
      chat: chatWithHistory(chat, history),
    });
    if (payload.resumed && this.publish) return;
    this.openTransports(payload);
    this.visibility.forget();
    this.publicationsChanged();
  }

  private openTransports({ epoch, ice_servers }: ServerPayloads['joined']): void {
    this.closeTransports();
    const common = { epoch, iceServers: ice_servers, failed: this.refused };
    this.subscribe = new SubscribeTransport({
      ...common,
      answer: (payload) => this.signaling.command('subscribe.answer', payload),
      restart: (payload) => this.signaling.command('subscribe.restart', payload),
      tracks: (tracks, mids) => this.tracksChanged(tracks, mids),
    });
    this.publish = new PublishTransport({
      ...common,
      newId,
      videoCodec: this.settings.videoCodec,
      offer: (payload) => this.signaling.command('publish.offer', payload),
      update: (payload) => this.updateMuted(payload),
      remove: (payload) => this.signaling.command('publish.remove', payload),
    });
    this.sync.start();
    const { screen } = this.store.get();
    if (screen) void this.publish.publish('screen', screen, false);
  }

  private closeTransports(): void {
    this.sync.stop();
    this.publish?.close();
    this.subscribe?.close();
    this.tracksChanged(new Map(), new Map());
  }

  private received(message: ServerMessage): void {
    const { room } = this.store.get();
    if (!room) return;
    this.announce(message);
    const after = roomAfter(room, message);
    this.store.patch({ room: after });
    if (after.publications !== room.publications) this.publicationsChanged();
    if (message.t === 'chat.message') {
      this.patchChat((chat) => chatReceived(chat, message.d, room.selfId));
    } else if (message.t === 'subscribe.offer') this.subscribe?.offered(message.d);
    else if (message.t === 'subscribe.map') this.subscribe?.mapped(message.d);
    else if (message.t === 'publish.layers') this.publish?.setLayers(message.d);
    else if (message.t === 'candidate') this.candidate(message.d);
    else if (message.t === 'moderated') this.moderated(message.d);
  }

  private candidate(candidate: ServerPayloads['candidate']): void {
    if (candidate.direction === 'subscribe') this.subscribe?.candidate(candidate);
  }

  private moderated({ action, detail }: ServerPayloads['moderated']): void {
    if (action !== 'muted' || !detail.source) return;
    this.publish?.mutedByHost(detail.source);
    if (detail.source === 'microphone') {
      this.local.setMuted(true);
      this.notify({ kind: 'mutedByHost' });
    } else if (detail.source === 'camera') {
      this.local.stopCamera();
      this.notify({ kind: 'cameraStoppedByHost' });
    } else void this.stopSharing();
  }

  private publicationsChanged(): void {
    const { room, tracks } = this.store.get();
    const remote = [...(room?.publications.values() ?? [])].filter(
      (publication) => publication.participant_id !== room?.selfId,
    );
    const videos = remote.filter(({ kind }) => kind === 'video');
    this.visibility.setPublications(videos, this.store.get().pinned);
    this.playSound(remote, tracks);
  }

  private tracksChanged(
    tracks: ReadonlyMap<string, MediaStreamTrack>,
    mids: ReadonlyMap<string, string>,
  ): void {
    this.store.patch({ tracks, mids });
    this.publicationsChanged();
  }

  private playSound(
    publications: readonly Publication[],
    tracks: ReadonlyMap<string, MediaStreamTrack>,
  ): void {
    const sounds = publications.flatMap(({ kind, publication_id }) => {
      const track = kind === 'audio' ? tracks.get(publication_id) : undefined;
      return track ? [track] : [];
    });
    this.audio.play(new Set(sounds));
  }

  private setPinned(pinned: ReadonlySet<string>): void {
    this.store.patch({ pinned });
    this.publicationsChanged();
  }

  private async updateMuted(payload: ClientPayloads['publish.update']): Promise<void> {
    try {
      await this.signaling.command('publish.update', payload);
    } catch (error) {
      // A host may have taken the right to unmute: the switch goes back to what holds.
      if (!payload.muted && codeOf(error) !== 'abandoned') this.local.setMuted(true);
      throw error;
    }
  }

  private act<Type extends 'mod.mute' | 'mod.remove'>(t: Type, d: ClientPayloads[Type]): void {
    this.signaling.command(t, d).catch(this.refused);
  }

  private announce(message: ServerMessage): void {
    const { room, chat } = this.store.get();
    const nameOf = (id: string) => room?.participants.get(id)?.name ?? '';
    if (message.t === 'participant.joined' && message.d.participant.id !== room?.selfId) {
      this.announcer.add({ kind: 'joined', name: message.d.participant.name });
    } else if (message.t === 'participant.left' && nameOf(message.d.id)) {
      this.announcer.add({ kind: 'left', name: nameOf(message.d.id) });
    } else if (message.t === 'chat.message' && message.d.from !== room?.selfId && !chat.open) {
      this.announcer.add({ kind: 'chat', name: message.d.from_name });
    } else if (message.t === 'publication.added' && message.d.source === 'screen') {
      this.announcer.add({ kind: 'sharing', name: nameOf(message.d.participant_id) });
    }
  }

  private connectionChanged(connection: Connection, endReason?: EndReason): void {
    this.store.patch(endReason ? { connection, endReason } : { connection });
    if (connection === 'ended') this.close();
  }

  private close(): void {
    document.removeEventListener('visibilitychange', this.pageVisibility);
    window.removeEventListener('online', this.networkIsBack);
    window.removeEventListener('pagehide', this.leave);
    this.announcer.close();
    this.store.get().screen?.stop();
    this.closeTransports();
    this.audio.close();
    this.local.close();
  }

  private readonly refused = (error: unknown): void => {
    const code = codeOf(error);
    if (code === 'abandoned' || code === 'stale_rev' || code === 'already_done') return;
    this.notify({ kind: 'refused', code });
  };

  private notify(notice: NoticeKind): void {
    this.store.patch({ notice: { ...notice, serial: ++this.serial } as Notice });
  }

  private patchChat(change: (chat: MeetingState['chat']) => MeetingState['chat']): void {
    this.store.patch({ chat: change(this.store.get().chat) });
  }

  private readonly pageVisibility = (): void => this.visibility.setPageHidden(document.hidden);
  private readonly networkIsBack = (): void => this.signaling.retryNow();
}

function toggled(set: ReadonlySet<string>, item: string): ReadonlySet<string> {
  const changed = new Set(set);
  if (!changed.delete(item)) changed.add(item);
  return changed;
}
