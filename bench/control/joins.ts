/** Join tokens: everybody into one meeting, and spread over many. */
import type { LoadRequest } from './http-load.js';
import { type BenchMeeting, makeMeeting } from './meetings.js';
import { freshKey } from './product.js';
import { measureLoad, type Row } from './rows.js';

const joinsPerSecond = 1500;
const load = { connections: 64, seconds: 6, maxRequests: 40_000, expected: 201 };
/** Times at the bar's rate: at full load they tell only how many wait. */
const paced = { ...load, perSecond: joinsPerSecond };

/** Waits for nobody and is full for nobody. */
export const open = { policy: { join_before_host: true, max_participants: 1000 } };

export function joinRequest({ code, secret }: BenchMeeting, index: number): LoadRequest {
  const body = { code, secret, display_name: `Guest ${index}`, device_id: `device-${index}` };
  return { path: '/v1/join', headers: freshKey(), body };
}

export const joinRow: Row = {
  name: 'join',
  bars: ['join_one_meeting', 'join_50_meetings'].flatMap((name) => [
    { figure: `${name}_per_s`, is: 'at least' as const, bar: joinsPerSecond },
    { figure: `${name}_paced_p99_ms`, is: 'at most' as const, bar: 50 },
  ]),
  async measure(product) {
    const meetings: BenchMeeting[] = [];
    while (meetings.length < 50) meetings.push(await makeMeeting(product, open));
    const into = (among: BenchMeeting[]) => (index: number) =>
      joinRequest(among[index % among.length] as BenchMeeting, index);
    const one = into(meetings.slice(0, 1));
    await measureLoad(product, 'warm_up', { ...load, seconds: 2, request: one });
    return {
      ...(await measureLoad(product, 'join_one_meeting', { ...load, request: one })),
      ...(await measureLoad(product, 'join_one_meeting_paced', { ...paced, request: one })),
      ...(await measureLoad(product, 'join_50_meetings', { ...load, request: into(meetings) })),
      ...(await measureLoad(product, 'join_50_meetings_paced', {
        ...{ ...paced, request: into(meetings) },
      })),
    };
  },
};
