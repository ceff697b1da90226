/**
 * A participant's stay in a room: joins signaling, media, this person's devices, the chat and what
 * a host may do into one state. Created with a seat (POST /v1/join), ended by leave() or the server.
 */
import type {
  Joined,
  ReactionName,
  RecordingState,
  ServerMessage,
  ServerPayloads,
} from '../../../client/src/index.js';
import {
  type Connection,
  codeOf,
  type EndReason,
  type ErrorCode,
  openWebSocket,
  realTimers,
  Signaling,
} from '../../../client/src/index.js';
import { announcementOf } from './announced.js';
import type { Announcement } from './announcements.js';
import { Announcer } from './announcer.js';
import { chime } from './chime.js';
import { Conversation } from './conversation.js';
import { isPhone } from './device-class.js';
import type { LocalMedia } from './local-media.js';
import { keepsTransports, Media } from './media.js';
import { MeetingApi } from './meeting-api.js';
import { beforeJoining, type MeetingState, type NoticeKind } from './meeting-state.js';
import { Moderated } from './moderated.js';
import { type Command, Moderation } from './moderation.js';
import { newId } from './new-id.js';
import { reactionShownMs, withoutReaction, withReaction } from './reactions.js';
import { isRecording, notRecorded, recordingNews } from './recording.js';
import { RecordingControls } from './recording-controls.js';
import { Reporter } from './reporter.js';
import { isHost } from './roles.js';
import { type RoomState, roomAfter, roomOfJoined } from './room-state.js';
import type { Settings } from './settings.js';
import { spotlightOf } from './stage-plan.js';
import { Store } from './store.js';
import { Switches } from './switches.js';
import { traceparent } from './traceparent.js';
import { View } from './view.js';

const client = { name: 'plenum-web', version: '0.1.0' };
/** A page of the gallery; screens, pins and a voice from beyond the page come on top. */
const slots = { audio: 64, video: screen.width >= 1920 ? 56 : 32 };

/** What the choice of pictures hangs on. */
const concerned = ['publications', 'spotlight', 'dominant'] as const;

/** Answers that tell nothing new to the person. */
const silentRefusals: readonly string[] = [
  ...['abandoned', 'stale_rev', 'stale_epoch', 'already_done', 'unknown_publication'],
];

export class Meeting {
  readonly store = new Store<MeetingState>(beforeJoining);
  readonly media: Media;
  readonly view: View;
  readonly chat: Conversation;
  readonly moderation: Moderation;
  readonly switches: Switches;
  readonly recording: RecordingControls;
  readonly api = new MeetingApi((path, init) => fetch(path, init));
  private readonly signaling: Signaling;
  private readonly moderated: Moderated;
  private readonly reporter: Reporter;
  private readonly announcer = new Announcer(realTimers, (summary) =>
    this.store.patch({ announcement: { summary, serial: ++this.serial } }),
  );
  private serial = 0;

  constructor(
    seat: Joined,
    readonly local: LocalMedia,
    private readonly settings: Settings,
    /** What was answered at the door to being recorded. */
    private readonly consented?: boolean,
  ) {
    this.store.patch({ isSaving: settings.dataSaver });
    this.signaling = this.signalingFor(seat);
    const command: Command = (t, d) => this.signaling.command(t, d);
    this.moderation = new Moderation(command, this.refused);
    this.recording = new RecordingControls({
      ...{ command, refused: this.refused },
      recording: () => this.store.get().room?.recording ?? notRecorded,
      change: (recording) => {
        const { room } = this.store.get();
        if (room) this.store.patch({ room: { ...room, recording } });
      },
    });
    this.view = new View(this.store, () => this.publicationsChanged());
    this.chat = new Conversation({
      ...{ command, api: this.api, refused: this.refused },
      change: (change) => this.store.patch({ chat: change(this.store.get().chat) }),
    });
    this.media = new Media({
      ...{ local, settings, command, failed: this.refused },
      allowed: () => this.store.get().room?.grants.publish ?? [],
      sharing: (shared) => this.store.patch({ screen: shared }),
      soundBlocked: (soundBlocked) => this.store.patch({ soundBlocked }),
      isSaving: () => this.store.get().isSaving,
      isOnline: () => this.store.get().connection === 'online',
      interrupted: (isMediaLost) => this.store.patch({ isMediaLost }),
      gapEnded: (gap) => this.reporter.gapEnded(gap),
      leftOut: (leftOut) => this.store.patch({ leftOut }),
      tracks: (tracks, mids) => {
        this.store.patch({ tracks, mids });
        this.publicationsChanged();
      },
    });
    this.reporter = new Reporter({
      timers: realTimers,
      look: () => this.media.look(),
      send: (report) => this.signaling.note('stats.report', report),
    });
    this.switches = new Switches({
      local,
      grants: () => this.store.get().room?.grants,
      notify: (notice) => this.notify(notice),
      withdraw: (kind) => {
        if (this.store.get().notice?.kind === kind) this.dismissNotice();
      },
      asked: (isAskedToUnmute) => this.store.patch({ isAskedToUnmute }),
    });
    this.moderated = new Moderated({
      ...{ local, switches: this.switches },
      mutedAtNode: (source) => this.media.mutedByHost(source),
      stopSharing: () => void this.media.screen.stop(),
      blocked: () => this.store.patch({ endCode: 'blocked' }),
      notify: (notice) => this.notify(notice),
    });
  }

  start(): void {
    document.addEventListener('visibilitychange', this.pageVisibility);
    window.addEventListener('online', this.network);
    window.addEventListener('offline', this.network);
    window.addEventListener('pagehide', this.leave);
    this.switches.start();
    this.signaling.setWatchful(!document.hidden);
    this.signaling.start();
  }

  readonly leave = (): void => this.signaling.leave();

  async toggleSharing(): Promise<void> {
    if (this.store.get().screen || this.switches.may('screen')) await this.media.screen.toggle();
  }

  async toggleHand(): Promise<void> {
    const { room } = this.store.get();
    if (!room) return;
    const isUp = room.hands.some(({ participant_id }) => participant_id === room.selfId);
    await this.signaling.command('hand.set', { raised: !isUp }).catch(this.refused);
  }

  /** More than 2 a second are dropped by the server; nobody needs to hear of that. */
  react(name: ReactionName): void {
    this.signaling.command('reaction', { name }).catch(() => undefined);
  }

  /** Remembered; nothing of the meeting is interrupted. */
  saveData(isSaving: boolean): void {
    this.settings.dataSaver = isSaving;
    this.store.patch({ isSaving });
    this.media.savingChanged();
  }

  dismissNotice(): void {
    this.store.patch({ notice: undefined });
  }

  /** Of somebody else, on the screen. */
  readonly pictureShown = (): void => this.reporter.pictureShown();

  private signalingFor(seat: Joined): Signaling {
    const openSocket = openWebSocket;
    const environment = { openSocket, timers: realTimers, random: Math.random, newId };
    const options = {
      urls: seat.signaling.map(({ url }) => url),
      joinToken: seat.join_token,
      client: { ...client, platform: navigator.userAgent.slice(0, 256) },
      traceparent,
      caps: { codecs: ['opus', 'VP8', 'VP9', 'H264', 'AV1'], slots },
    };
    return new Signaling(environment, options, {
      connection: (...change) => this.connectionChanged(...change),
      joined: (payload) => this.joined(payload),
      waiting: (waiting) => {
        this.reporter.forgetStart();
        this.store.patch({ waiting });
      },
      message: (message) => this.received(message),
    });
  }

  private joined(payload: ServerPayloads['joined']): void {
    const { room: before } = this.store.get();
    const joined = roomOfJoined(before, payload);
    const room = before ? joined : withAnswer(joined, this.consented);
    this.store.patch({ room, waiting: undefined });
    if (!before && isRecording(room.recording.state)) this.notify({ kind: 'recordingOn' });
    this.api.authorize({ meetingId: payload.meeting_id });
    this.chat.joined(payload);
    this.obeyRights(room);
    const isAnew = !this.media.isOpen || !keepsTransports(payload);
    const isEntry = before === undefined;
    if (isEntry && payload.policy.mute_on_entry && !isHost(payload.role)) this.local.setMuted(true);
    this.media.setSpeaker(this.local.store.get().chosen.audiooutput ?? '');
    this.media.joined(payload);
    this.publicationsChanged();
    if (!isAnew) return;
    this.reporter.start();
    if (!showsSomebodyElse(room)) this.reporter.forgetStart();
  }

  private received(message: ServerMessage): void {
    const { room } = this.store.get();
    const isToken = message.t === 'token' && message.d.kind === 'participant';
    if (isToken) this.api.authorize({ token: message.d.token });
    if (!room || this.media.isOutdated(message)) return;
    this.announce(announcementOf(room, message, this.store.get().chat.open));
    if (message.t === 'recording.state') this.recordingChanged(room, message.d);
    const after = roomAfter(room, message);
    this.store.patch({ room: after });
    if (concerned.some((part) => after[part] !== room[part])) this.publicationsChanged();
    if (after.grants !== room.grants) this.obeyRights(after);
    this.media.received(message);
    this.chat.received(message, room.selfId);
    if (message.t === 'moderated') this.moderated.received(message.d);
    else if (message.t === 'reaction') this.showReaction(message.d);
    else if (message.t === 'lobby.list' && message.d.knock) chime();
  }

  /** Heard and seen at once; all other news wait for their turn (`announcementOf`). */
  private recordingChanged({ recording }: RoomState, now: RecordingState): void {
    const news = recordingNews(recording.state, now);
    if (news === 'started') this.notify({ kind: 'recordingStarted' });
    else if (news === 'failed') this.notify({ kind: 'recordingFailed', reason: now.reason });
  }

  /** What is not allowed any more ends here as well, not only at the node. */
  private obeyRights({ grants }: RoomState): void {
    this.switches.obey(grants);
    if (!grants.publish.includes('screen') && this.store.get().screen) {
      void this.media.screen.stop();
      this.notify({ kind: 'sharingStoppedByHost' });
    }
    this.media.rightsChanged();
  }

  private showReaction({ participant_id, name }: ServerPayloads['reaction']): void {
    const serial = ++this.serial;
    const shown = { serial, participantId: participant_id, name };
    this.store.patch({ reactions: withReaction(this.store.get().reactions, shown) });
    realTimers.after(reactionShownMs, () =>
      this.store.patch({ reactions: withoutReaction(this.store.get().reactions, serial) }),
    );
  }

  private publicationsChanged(): void {
    const { room, tracks, pinned } = this.store.get();
    const remote = [...(room?.publications.values() ?? [])].filter(
      ({ participant_id }) => participant_id !== room?.selfId,
    );
    const large = new Set([...pinned, ...(room ? spotlightOf(room) : [])]);
    this.media.show(remote, tracks, { large, speaker: room?.dominant });
  }

  private announce(announcement: Announcement | undefined): void {
    if (!announcement || this.settings.quiet.includes(announcement.kind)) return;
    this.announcer.add(announcement);
  }

  private connectionChanged(connection: Connection, endReason?: EndReason, endCode?: ErrorCode) {
    const isBack = this.store.get().connection === 'reconnecting' && connection === 'online';
    if (endCode) this.store.patch({ endCode });
    this.store.patch(endReason ? { connection, endReason } : { connection });
    if (isBack) this.announce({ kind: 'connected', name: '' });
    if (connection === 'ended') this.close();
  }

  private close(): void {
    this.reporter.stop();
    document.removeEventListener('visibilitychange', this.pageVisibility);
    window.removeEventListener('online', this.network);
    window.removeEventListener('offline', this.network);
    window.removeEventListener('pagehide', this.leave);
    this.switches.close();
    this.announcer.close();
    this.media.close();
    this.local.close();
  }

  private readonly refused = (error: unknown): void => {
    const code = codeOf(error);
    if (!silentRefusals.includes(code)) this.notify({ kind: 'refused', code });
  };

  private notify(notice: NoticeKind): void {
    this.store.patch({ notice: { ...notice, serial: ++this.serial } });
  }

  private readonly pageVisibility = (): void => {
    this.media.visibility.setPageHidden(document.hidden);
    // A hidden page's timers come late, up to once a minute: nothing may hang on them.
    this.signaling.setWatchful(!document.hidden);
    if (isPhone()) this.switches.rest(document.hidden);
  };

  private readonly network = (): void => {
    this.store.patch({ offline: !navigator.onLine });
    if (navigator.onLine) this.signaling.retryNow();
    else this.signaling.doubt();
  };
}

function withAnswer(room: RoomState, accepted: boolean | undefined): RoomState {
  return { ...room, recording: { ...room.recording, accepted } };
}

function showsSomebodyElse({ publications, selfId }: RoomState): boolean {
  return [...publications.values()].some(
    ({ kind, muted, participant_id }) => kind === 'video' && !muted && participant_id !== selfId,
  );
}
