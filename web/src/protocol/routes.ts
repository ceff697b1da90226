/**
 * The HTTP routes that this client calls, by method and path: what goes in and what comes back
 * (api §2). `creates`: the call carries an Idempotency-Key. `guarded`: it carries If-Match.
 */
import type {
  ApiKey,
  Block,
  ClientConfig,
  ConfirmedFactor,
  CreatedApiKey,
  CreatedFactor,
  CreatedInvite,
  CreatedMeeting,
  DefaultInvite,
  Factor,
  FactorConfirmation,
  Invite,
  Join,
  JoinCheck,
  JoinChecked,
  Joined,
  Listed,
  LoggedIn,
  Login,
  LoginSession,
  Meeting,
  MeetingChange,
  MeetingQuery,
  NewApiKey,
  NewFactor,
  NewInvite,
  NewMeeting,
  NewPasswordReset,
  NewUser,
  Page,
  PasswordChange,
  PasswordResetConfirmation,
  ProfileChange,
  User,
} from '../../../control/src/schemas/index.js';

export interface Routes {
  'GET /v1/client-config': { answer: ClientConfig };

  'POST /v1/users': { body: NewUser; creates: true; answer: User };
  'GET /v1/users/me': { answer: User };
  'PATCH /v1/users/me': { body: ProfileChange; guarded: true; answer: User };
  'PUT /v1/users/me/avatar': { file: 'image/jpeg'; answer: User };
  'DELETE /v1/users/me/avatar': { answer: User };
  'POST /v1/users/me/password': { body: PasswordChange; answer: undefined };

  'POST /v1/sessions': { body: Login; answer: LoggedIn };
  'GET /v1/sessions': { query: Page; answer: Listed<LoginSession> };
  'DELETE /v1/sessions': { answer: undefined };
  'DELETE /v1/sessions/{session_id}': { answer: undefined };

  'POST /v1/password-resets': { body: NewPasswordReset; answer: undefined };
  'POST /v1/password-resets/confirm': { body: PasswordResetConfirmation; answer: undefined };

  'GET /v1/users/me/factors': { query: Page; answer: Listed<Factor> };
  'POST /v1/users/me/factors': { body: NewFactor; creates: true; answer: CreatedFactor };
  'POST /v1/users/me/factors/{factor_id}/confirm': {
    body: FactorConfirmation;
    answer: ConfirmedFactor;
  };
  'DELETE /v1/users/me/factors/{factor_id}': { answer: undefined };

  'GET /v1/api-keys': { query: Page; answer: Listed<ApiKey> };
  'POST /v1/api-keys': { body: NewApiKey; creates: true; answer: CreatedApiKey };
  'DELETE /v1/api-keys/{api_key_id}': { answer: undefined };

  'POST /v1/meetings': { body: NewMeeting; creates: true; answer: CreatedMeeting };
  'GET /v1/meetings': { query: MeetingQuery; answer: Listed<Meeting> };
  'GET /v1/meetings/{meeting_id}': { answer: Meeting };
  'PATCH /v1/meetings/{meeting_id}': { body: MeetingChange; guarded: true; answer: Meeting };
  'DELETE /v1/meetings/{meeting_id}': { guarded: true; answer: undefined };
  'POST /v1/meetings/{meeting_id}/end': { answer: Meeting };
  'GET /v1/meetings/{meeting_id}/invites': { query: Page; answer: Listed<Invite> };
  'POST /v1/meetings/{meeting_id}/invites': {
    body: NewInvite;
    creates: true;
    answer: CreatedInvite;
  };
  'GET /v1/meetings/{meeting_id}/invites/default': { answer: DefaultInvite };
  'DELETE /v1/meetings/{meeting_id}/invites/{invite_id}': { answer: undefined };

  'GET /v1/meetings/{meeting_id}/blocks': { query: Page; answer: Listed<Block> };
  'DELETE /v1/meetings/{meeting_id}/blocks/{block_id}': { answer: undefined };
  'DELETE /v1/meetings/{meeting_id}/messages': { answer: undefined };
  'DELETE /v1/meetings/{meeting_id}/messages/{message_id}': { answer: undefined };

  'POST /v1/join/check': { body: JoinCheck; answer: JoinChecked };
  'POST /v1/join': { body: Join; creates: true; answer: Joined };
}

export type Route = keyof Routes;
export type Answer<R extends Route> = Routes[R]['answer'];

type Names<Path> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;
type Field<R extends Route, Name extends string> = Name extends keyof Routes[R]
  ? Routes[R][Name]
  : never;

type Part<Condition, Fields> = [Condition] extends [never] ? object : Fields;

/** What a call of the route has to say besides its name. */
export type Call<R extends Route> = Part<Names<R>, { params: Readonly<Record<Names<R>, string>> }> &
  Part<Field<R, 'body'>, { body: Field<R, 'body'> }> &
  Part<Field<R, 'file'>, { file: Blob }> &
  Part<Field<R, 'query'>, { query?: Field<R, 'query'> }> &
  /** The same key makes a repeat harmless: it gets the answer of the first. */
  Part<Field<R, 'creates'>, { key: string }> &
  /** The ETag of what was read; the change is refused when it is not the newest any more. */
  Part<Field<R, 'guarded'>, { ifMatch: string }>;

/** The same, as the caller of `fetch` sees it. */
export interface AnyCall {
  params?: Readonly<Record<string, string>>;
  body?: unknown;
  file?: Blob;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  key?: string;
  ifMatch?: string;
}

/** Path and query of a call; every value is escaped. */
export function addressOf(route: Route, { params = {}, query = {} }: AnyCall): string {
  const path = route
    .slice(route.indexOf(' ') + 1)
    .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search}`;
}
