/**
 * The way in and out of one meeting: look at the link, wait for the person, take a seat, leave.
 * checking → ready → inside → over → checking …; `refused` when the link opens nothing.
 */
import type {
  Api,
  EndReason,
  Join,
  JoinCheck,
  JoinChecked,
  Joined,
  User,
} from '../../../client/src/index.js';
import { type ClientCode, codeOf } from '../../../client/src/index.js';
import type { JoinLink } from '../protocol/link.js';
import type { Account } from './account.js';
import type { LocalMedia } from './local-media.js';
import type { Meeting } from './meeting.js';
import type { MeetingState } from './meeting-state.js';
import { newId } from './new-id.js';
import { RepeatKey } from './repeat-key.js';
import { markJoin } from './reporter.js';
import { isPast, learnServerTime } from './server-clock.js';
import type { Settings } from './settings.js';
import { Store } from './store.js';

export type EntryState =
  | { phase: 'checking' }
  /** `asksPasscode`: the link alone opens nothing, a passcode with it may. */
  | { phase: 'refused'; code: ClientCode; asksPasscode: boolean }
  | Ready
  /** `isPersonal`: came by a link that opens for nobody else. */
  | { phase: 'inside'; stay: Meeting; title: string; isPersonal: boolean }
  | { phase: 'over'; reason: Exclude<EndReason, 'refused'> };

export interface Ready {
  readonly phase: 'ready';
  readonly meeting: JoinChecked;
  /** Who is logged in here: the seat will be this account's. */
  readonly user: User | undefined;
  readonly joining: boolean;
  readonly error?: ClientCode;
}

/** What a person fills in. */
export interface Form {
  name: string;
  passcode?: string | undefined;
  consent?: boolean | undefined;
}

/** A host's own secret that no longer opens the meeting: the link in the address bar still may. */
const secretIsUseless: readonly ClientCode[] = ['join_refused', 'invite_expired'];

/** What one server cannot do now another one may. */
const mayDoElsewhere: readonly ClientCode[] = ['unreachable', 'dependency_down'];

/** Refusals that may be gone a moment later, or for which another look asks what lacks. */
export const errorCodesWorthARetry: readonly ClientCode[] = [
  'meeting_not_started',
  'meeting_locked',
  'meeting_full',
  'no_capacity',
  'dependency_down',
  'rate_limited',
  'unreachable',
  'internal',
  'login_required',
  'passcode_required',
  'consent_required',
];

export interface EntryTools {
  api: Api;
  /** Of this page. */
  origin: string;
  /** The same of another server. */
  apiAt(origin: string): Api;
  account: Account;
  settings: Settings;
  local: LocalMedia;
  /** The stay that a seat begins; not started. `consented`: as was answered at the door. */
  stayOf(seat: Joined, consented: boolean | undefined): Meeting;
}

export class Entry {
  readonly store = new Store<EntryState>({ phase: 'checking' });
  readonly settings: Settings;
  readonly local: LocalMedia;
  private readonly repeat = new RepeatKey();
  /** One for all that this page asks, also where nothing is kept. */
  private readonly browserId: string;
  private credential: JoinCheck;

  constructor(
    private readonly link: JoinLink,
    private readonly tools: EntryTools,
  ) {
    this.settings = tools.settings;
    this.local = tools.local;
    this.browserId = tools.settings.browserId(newId);
    this.credential = link;
  }

  /** Looks at the link (no side effect) and opens the devices meanwhile. */
  async check(passcode?: string): Promise<void> {
    this.store.set({ phase: 'checking' });
    void this.local.open();
    try {
      const [meeting, user] = await Promise.all([this.checkCredentials(passcode), this.whoAsks()]);
      learnServerTime(meeting.server_time);
      this.store.set({ phase: 'ready', meeting, user, joining: false });
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
    const { phase, meeting, user } = before;
    // What a guest is called here; an account has its own name.
    if (!user) settings.name = name;
    const joining: Ready = { phase, meeting, user, joining: true };
    store.set(joining);
    markJoin();
    const body: Join = {
      ...this.credential,
      display_name: name,
      ...(passcode === undefined ? {} : { passcode }),
      ...(consent === undefined ? {} : { consent }),
    };
    try {
      const seat = await this.takeSeat(body);
      // Else the page broke meanwhile: nobody would see themselves in. The seat ends with its token.
      if (store.get() === joining) this.enter({ seat, body, joining, triesLeft: maxRejoins });
    } catch (error) {
      const code = codeOf(error);
      store.set({ phase, meeting: lacking(meeting, code), user, joining: false, error: code });
    }
  }

  /** Pressed again after a lost answer: the seat that was given then, while its token is good. */
  private async takeSeat(body: Join): Promise<Joined> {
    const { api } = this.tools;
    const seat = await api.join(body, this.repeat.of(body));
    this.repeat.done();
    return isPast(seat.expires_at) ? api.join(body, newId()) : seat;
  }

  /** Out of the meeting, or not into it, and every device off. */
  quit(): void {
    const state = this.store.get();
    if (state.phase === 'inside') state.stay.leave();
    else this.store.set({ phase: 'over', reason: 'left' });
    this.local.close();
  }

  /** A guest is not asked after: most who follow a link have no account here. */
  private async whoAsks(): Promise<User | undefined> {
    const { account } = this.tools;
    if (!account.isExpected) return undefined;
    await account.look();
    const state = account.store.get();
    return state.phase === 'known' ? state.user : undefined;
  }

  private enter({ seat, body, joining, triesLeft }: Entering): void {
    const stay = this.tools.stayOf(seat, body.consent);
    let wasIn = false;
    const stop = stay.store.subscribe(() => {
      const state = stay.store.get();
      wasIn ||= state.connection === 'online' || state.connection === 'waiting';
      if (state.connection !== 'ended') return;
      stop();
      const isTokenVoid = state.endReason === 'seat_lost' && !wasIn;
      if (isTokenVoid && triesLeft > 0) void this.rejoin({ seat, body, joining, triesLeft }, state);
      else this.store.set(afterStay(state));
    });
    const { title, personal: isPersonal } = joining.meeting;
    this.store.set({ phase: 'inside', stay, title, isPersonal });
    stay.start();
  }

  /**
   * The room went to another server between the answer and the socket: the token was of before. They
   * are before the door again meanwhile, and whoever goes from there stays out.
   */
  private async rejoin(wanted: Entering, ended: MeetingState): Promise<void> {
    const { store, local } = this;
    const { joining, triesLeft } = wanted;
    store.set(joining);
    void local.open();
    try {
      const seat = await this.anotherSeat(wanted);
      if (store.get() === joining) this.enter({ ...wanted, seat, triesLeft: triesLeft - 1 });
    } catch {
      if (store.get() !== joining) return;
      local.close();
      store.set(afterStay(ended));
    }
  }

  /** Of the server of this page; while that is gone, of those that the first answer named. */
  private async anotherSeat({ seat, body }: Entering): Promise<Joined> {
    const { api, origin: own, apiAt } = this.tools;
    const named = seat.signaling.map(({ url }) => new URL(url.replace(/^ws/, 'http')).origin);
    const others = [...new Set(named)].filter((origin) => origin !== own).map(apiAt);
    // One for all of them: whose answer was lost may have given a seat.
    const key = newId();
    let answer = api.join(body, key);
    for (const other of others) {
      answer = answer.catch((error) => {
        if (!mayDoElsewhere.includes(codeOf(error))) throw error;
        return other.join(body, key);
      });
    }
    return answer;
  }

  private async checkCredentials(passcode: string | undefined): Promise<JoinChecked> {
    const { browserId: device_id, link } = this;
    const { code } = link;
    const secret = this.settings.hostSecret(code);
    if (secret !== undefined) {
      this.credential = { code, secret, device_id };
      try {
        return await this.tools.api.checkJoin(this.credential);
      } catch (error) {
        if (!secretIsUseless.includes(codeOf(error))) throw error;
        this.settings.forgetHostSecret(code);
      }
    }
    const typed = passcode === undefined ? {} : { passcode };
    this.credential = { ...link, ...typed, device_id };
    return this.tools.api.checkJoin(this.credential);
  }
}

interface Entering {
  /** The one that was given last. */
  seat: Joined;
  /** What the seat was asked for with. */
  body: Join;
  /** What is shown until there is one. */
  joining: Ready;
  triesLeft: number;
}

/** A room is taken over once; more often something else is wrong. */
const maxRejoins = 2;

/** A code says more than that it is over: shown as the refusal that it is. */
function afterStay({ endReason = 'left', endCode }: MeetingState): EntryState {
  if (endReason !== 'refused' && !endCode) return { phase: 'over', reason: endReason };
  return { phase: 'refused', code: endCode ?? 'internal', asksPasscode: false };
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
