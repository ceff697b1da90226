import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { App, OriginOf } from '../../plugins/app-types.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import { Join, JoinCheck, JoinChecked, Joined, MemberJoin } from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { Caller, JoinService } from './service.js';

export interface SignalingPlaces {
  originOf: OriginOf;
  region: string;
  /** Where others serve the same meetings. */
  alternates: () => { origin: string; region: string }[];
}

export function joinRoutes(
  app: App,
  joins: JoinService,
  { originOf, region, alternates }: SignalingPlaces,
): void {
  const callerOf = (request: FastifyRequest): Caller => {
    const own = { origin: originOf(request), region };
    const { reached } = request;
    // The process that they have reached is near to them; the one that has the room may be far.
    const near = { ...reached, origin: reached.origin ?? own.origin };
    const all = [near, own, ...alternates()];
    const named = all.filter(
      (one, n) => all.findIndex(({ origin }) => origin === one.origin) === n,
    );
    const signaling = named.map((one) => ({
      url: `${one.origin.replace(/^http/, 'ws')}/v1/rtc`,
      region: one.region,
    }));
    return { principal: request.principal, address: request.ip, signaling };
  };

  app.post(
    '/v1/join/check',
    {
      config: { auth: ['none', 'user'] },
      schema: {
        summary: 'Tells what a link opens; changes nothing',
        body: JoinCheck,
        response: { 200: JoinChecked, ...problems },
      },
    },
    (request) => joins.check(request.body, callerOf(request)),
  );

  app.post(
    '/v1/join',
    {
      config: { auth: ['none', 'user'] },
      schema: {
        summary: 'Joins by link or passcode: answers with the token for the WebSocket',
        headers: idempotencyKey.schema,
        body: Join,
        response: { 201: Joined, ...problems },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const wanted = idempotencyKey.request(request, body, proofOf(body));
      return idempotencyKey.reply(reply, await joins.join(wanted, callerOf(request)));
    },
  );

  app.post(
    '/v1/meetings/:meeting_id/join',
    {
      config: { auth: ['user', 'key'], scope: 'meetings:write' },
      schema: {
        summary: 'Joins with an account: as host of an own meeting, else by secret or passcode',
        headers: idempotencyKey.schema,
        params: Type.Object({ meeting_id: Id }),
        body: MemberJoin,
        response: { 201: Joined, ...problems },
      },
    },
    async (request, reply) => {
      const wish = { ...request.body, meetingId: request.params.meeting_id };
      const wanted = idempotencyKey.request(request, wish);
      return idempotencyKey.reply(reply, await joins.join(wanted, callerOf(request)));
    },
  );
}

/**
 * A phone repeats its join from another network: it shall get the seat that it has. Its answer holds a
 * token, so the repeat must be its own: it shows the secret of the link and the id of its browser, which
 * nobody else ever sees. Whoever has the same link and guesses the key is asked for nothing and told
 * nothing: without that id their request is another one, which neither succeeds by the stored answer
 * nor is refused because of it (422 would tell that the key was used). The answer itself comes only for
 * the same body. A passcode proves too little, and a client without an id stays known by its address.
 */
function proofOf({ code, secret, device_id: deviceId }: Join): string | null {
  if (secret === undefined || deviceId === undefined) return null;
  return JSON.stringify([code, secret, deviceId]);
}
