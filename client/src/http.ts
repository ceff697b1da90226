/** The HTTP API (api §1–§3), typed by route. */

import { ProtocolError } from './errors.js';
import type {
  CreatedMeeting,
  Join,
  JoinCheck,
  JoinChecked,
  Joined,
  LoginProblem,
} from './messages.js';
import { type Answer, type AnyCall, addressOf, type Call, type Route } from './routes.js';

/** As the browser's `fetch`; a test passes its own. */
export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** What was read, and the ETag that a change of it has to name. */
export interface Versioned<Value> {
  value: Value;
  etag: string;
}

type Arguments<R extends Route> = object extends Call<R> ? [call?: Call<R>] : [call: Call<R>];

/** All calls reject with ProtocolError; `unreachable` when there was no answer. */
export interface Api {
  call<R extends Route>(route: R, ...call: Arguments<R>): Promise<Answer<R>>;
  /** The same, with the answer's ETag. */
  read<R extends Route>(route: R, ...call: Arguments<R>): Promise<Versioned<Answer<R>>>;

  /** `key` makes a repeat harmless: the same key gives the same meeting. */
  createMeeting(key: string): Promise<CreatedMeeting>;
  /** No side effect. */
  checkJoin(body: JoinCheck): Promise<JoinChecked>;
  /** Takes a seat; `key` makes a repeat take the same one. */
  join(body: Join, key: string): Promise<Joined>;
}

export function createApi(fetch: Fetch): Api {
  const read: Api['read'] = async (route, ...rest) => {
    const call = (rest[0] ?? {}) as AnyCall;
    const response = await fetch(addressOf(route, call), requestOf(route, call)).catch(
      (cause: unknown) => {
        throw new ProtocolError('unreachable', String(cause));
      },
    );
    if (!response.ok) throw await refusal(response);
    const value = response.status === 204 ? undefined : await response.text().then(parsed);
    return { value: value as Answer<typeof route>, etag: response.headers.get('etag') ?? '' };
  };
  const call: Api['call'] = async (route, ...rest) => (await read(route, ...rest)).value;

  return {
    call,
    read,
    createMeeting: (key) => call('POST /v1/meetings', { body: { kind: 'instant' }, key }),
    checkJoin: (body) => call('POST /v1/join/check', { body }),
    join: (body, key) => call('POST /v1/join', { body, key }),
  };
}

function requestOf(route: Route, { body, file, key, ifMatch }: AnyCall): RequestInit {
  const headers: Record<string, string> = {};
  if (key !== undefined) headers['idempotency-key'] = key;
  if (ifMatch !== undefined) headers['if-match'] = ifMatch;
  const method = route.slice(0, route.indexOf(' '));
  if (file !== undefined) {
    return { method, headers: { ...headers, 'content-type': file.type }, body: file };
  }
  if (body === undefined) return { method, headers };
  headers['content-type'] = 'application/json';
  return { method, headers, body: JSON.stringify(body) };
}

/** 201 and 202 may come without a body. */
function parsed(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}

/** RFC 9457; whatever is no problem+json (a proxy's page) counts as `unreachable`. */
async function refusal(response: Response): Promise<ProtocolError> {
  const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(retryAfterS) ? retryAfterS * 1_000 : undefined;
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('application/problem+json')) {
    return new ProtocolError('unreachable', `HTTP ${response.status}`, retryAfterMs);
  }
  const problem = (await response.json()) as LoginProblem;
  return new ProtocolError(problem.code, problem.detail, retryAfterMs, problem);
}
