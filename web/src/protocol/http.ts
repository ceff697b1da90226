/** The HTTP calls of a guest: make a meeting, look at a link, join (api §2, §3). */
import type {
  CreatedMeeting,
  Join,
  JoinCheck,
  JoinChecked,
  Joined,
  Problem,
} from '../../../control/src/schemas/index.js';
import { ProtocolError } from './errors.js';

/** As the browser's `fetch`; a test passes its own. */
export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

export interface Api {
  /** `key` makes a repeat harmless: the same key gives the same meeting. */
  createMeeting(key: string): Promise<CreatedMeeting>;
  /** No side effect. */
  checkJoin(body: JoinCheck): Promise<JoinChecked>;
  /** Takes a seat; `key` makes a repeat take the same one. */
  join(body: Join, key: string): Promise<Joined>;
}

/** All calls reject with ProtocolError; `unreachable` when there was no answer. */
export function createApi(fetch: Fetch): Api {
  async function post<Answer>(path: string, body: unknown, key?: string): Promise<Answer> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (key !== undefined) headers['idempotency-key'] = key;
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(path, request).catch((cause: unknown) => {
      throw new ProtocolError('unreachable', String(cause));
    });
    if (!response.ok) throw await refusal(response);
    return (await response.json()) as Answer;
  }

  return {
    createMeeting: (key) => post('/v1/meetings', { kind: 'instant' }, key),
    checkJoin: (body) => post('/v1/join/check', body),
    join: (body, key) => post('/v1/join', body, key),
  };
}

/** RFC 9457; whatever is no problem+json (a proxy's page) counts as `unreachable`. */
async function refusal(response: Response): Promise<ProtocolError> {
  const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(retryAfterS) ? retryAfterS * 1_000 : undefined;
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('application/problem+json')) {
    return new ProtocolError('unreachable', `HTTP ${response.status}`, retryAfterMs);
  }
  const problem = (await response.json()) as Problem;
  return new ProtocolError(problem.code, problem.detail, retryAfterMs);
}
