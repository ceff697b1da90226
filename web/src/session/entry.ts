/**
 * The way in and out of one meeting: look at the link, wait for the person, take a seat, leave.
 * checking → ready → inside → over → checking …; `refused` when the link opens nothing.
 */
import type { Api, EndReason, Join, JoinCheck, JoinChecked } from '../../../client/src/index.js';
import { type ClientCode, codeOf } from '../../../client/src/index.js';
import type { JoinLink } from '../protocol/link.js';
import type { LocalMedia } from './local-media.js';
import { Meeting } from './meeting.js';
import { newId } from './new-id.js';
import { learnServerTime } from './server-clock.js';
import type { Settings } from './settings.js';
import { Store } from './store.js';

export type EntryState =
  | { phase: 'checking' }
  /** `asksPasscode`: the link alone opens nothing, a passcode with it may. */
  | { phase: 'refused'; code: ClientCode; asksPasscode: boolean }
  | { phase: 'ready'; meeting: JoinChecked; joining: boolean; error?: ClientCode }
  | { phase: 'inside'; stay: Meeting; title: string }
  | { phase: 'over'; reason: EndReason };

/** What a person fills in. */
export interface Form {
  name: string;
  passcode?: string | undefined;
  consent?: boolean | undefined;
}

/** A host's own secret that no longer opens the meeting: the link in the address bar still may. */
const secretIsUseless: readonly ClientCode[] = ['join_refused', 'invite_expired'];

/** Refusals that may be gone a moment later. */
export const errorCodesWorthARetry: readonly ClientCode[] = [
  'meeting_not_started',
  'meeting_locked',
  'meeting_full',
  'no_capacity',
  'dependency_down',
  'rate_limited',
  'unreachable',
  'internal',
];

export class Entry {
  readonly store = new Store<EntryState>({ phase: 'checking' });
  private credential: JoinCheck;

  constructor(
    private readonly link: JoinLink,
    private readonly api: Api,
    readonly settings: Settings,
    readonly local: LocalMedia,
  ) {
    this.credential = link;
  }

  /** Looks at the link (no side effect) and opens the devices meanwhile. */
  async check(passcode?: string): Promise<void> {
    this.store.set({ phase: 'checking' });
    void this.local.open();
    try {
      const meeting = await this.checkCredentials(passcode);
      learnServerTime(meeting.server_time);
      this.store.set({ phase: 'ready', meeting, joining: false });
    } catch (error) {
      this.local.close();
      const code = codeOf(error);
      const asksPasscode = this.link.secret === undefined && code === 'join_refused';
      this.store.set({ phase: 'refused', code, asksPasscode });
    }
  }

  async join({ name, passcode, consent }: Form): Promise<void> {
    const { store, settings } = this;
    const before = store.get();
    if (before.phase !== 'ready' || before.joining) return;
    const { meeting } = before;
    settings.name = name;
    store.set({ phase: 'ready', meeting, joining: true });
    const body: Join = {
      ...this.credential,
      display_name: name,
      device_id: settings.browserId(newId),
      ...(passcode === undefined ? {} : { passcode }),
      ...(consent === undefined ? {} : { consent }),
    };
    try {
      const seat = await this.api.join(body, newId());
      this.enter(new Meeting(seat, this.local, settings), meeting.title);
    } catch (error) {
      const code = codeOf(error);
      store.set({ phase: 'ready', meeting: lacking(meeting, code), joining: false, error: code });
    }
  }

  private enter(stay: Meeting, title: string): void {
    const stop = stay.store.subscribe(() => {
      const { connection, endReason } = stay.store.get();
      if (connection !== 'ended') return;
      stop();
      this.store.set({ phase: 'over', reason: endReason ?? 'left' });
    });
    this.store.set({ phase: 'inside', stay, title });
    stay.start();
  }

  private async checkCredentials(passcode: string | undefined): Promise<JoinChecked> {
    const { code } = this.link;
    const secret = this.settings.hostSecret(code);
    if (secret !== undefined) {
      this.credential = { code, secret };
      try {
        return await this.api.checkJoin(this.credential);
      } catch (error) {
        if (!secretIsUseless.includes(codeOf(error))) throw error;
      }
    }
    this.credential = passcode === undefined ? this.link : { ...this.link, passcode };
    return this.api.checkJoin(this.credential);
  }
}

const needOf = {
  passcode_required: 'passcode',
  consent_required: 'consent',
  login_required: 'login',
} as const;

/** The host has asked for more since the check: the form asks for it too. */
function lacking(meeting: JoinChecked, code: ClientCode): JoinChecked {
  const need = code in needOf ? needOf[code as keyof typeof needOf] : undefined;
  if (!need || meeting.needs.includes(need)) return meeting;
  return { ...meeting, needs: [...meeting.needs, need] };
}
