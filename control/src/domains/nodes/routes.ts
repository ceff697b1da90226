import { Type } from 'typebox';
import type { App } from '../../plugins/app-types.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { pageOf } from '../../plugins/page.js';
import { problems } from '../../plugins/problem.js';
import type { UserPrincipal } from '../../principal.js';
import { NoContent, Page } from '../../schemas/http/common.js';
import {
  Drain,
  MediaNode,
  MediaNodeList,
  MovedRoom,
  NewNodeToken,
  NodeRoomList,
  NodeToken,
  RoomMove,
} from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { NodesService } from './service.js';

const config = { auth: ['admin'] as const };
const ofNode = Type.Object({ node_id: Id });

export function nodeRoutes(app: App, nodes: NodesService): void {
  app.post(
    '/v1/node-tokens',
    {
      config,
      schema: {
        summary:
          'Makes a token that enrols one media node, or recorder, within the hour; shown once',
        headers: idempotencyKey.schema,
        body: NewNodeToken,
        response: { 201: NodeToken, ...problems },
      },
    },
    async (request, reply) => {
      const { userId } = request.principal as UserPrincipal;
      const kind = request.body?.kind ?? 'media';
      const wanted = idempotencyKey.request(request, { kind });
      return idempotencyKey.reply(reply, await nodes.createToken(userId, kind, wanted));
    },
  );

  app.get(
    '/v1/nodes',
    {
      config,
      schema: {
        summary: 'Lists the media nodes and recorders, with how busy they are',
        querystring: Page,
        response: { 200: MediaNodeList, ...problems },
      },
    },
    (request) => nodes.list(pageOf.read(request.query)),
  );

  app.get(
    '/v1/nodes/:node_id',
    {
      config,
      schema: {
        summary: 'One media node, or recorder',
        params: ofNode,
        response: { 200: MediaNode, ...problems },
      },
    },
    (request) => nodes.get(request.params.node_id),
  );

  app.get(
    '/v1/nodes/:node_id/rooms',
    {
      config,
      schema: {
        summary: 'Lists the rooms whose media is on this node',
        params: ofNode,
        querystring: Page,
        response: { 200: NodeRoomList, ...problems },
      },
    },
    (request) => nodes.rooms(request.params.node_id, pageOf.read(request.query)),
  );

  app.post(
    '/v1/nodes/:node_id/drain',
    {
      config,
      schema: {
        summary:
          'Moves every room elsewhere, make before break; what has not moved by the deadline is closed',
        params: ofNode,
        body: Drain,
        response: { 200: MediaNode, ...problems },
      },
    },
    (request) => nodes.drain(request.params.node_id, request.body?.deadline_s),
  );

  app.delete(
    '/v1/nodes/:node_id/drain',
    {
      config,
      schema: {
        summary: 'It takes rooms again; what has moved stays where it is',
        params: ofNode,
        response: { 200: MediaNode, ...problems },
      },
    },
    (request) => nodes.undrain(request.params.node_id),
  );

  app.post(
    '/v1/rooms/:room_id/move',
    {
      config,
      schema: {
        summary:
          'Moves the media of a room to another node, make before break; `conflict` where others of it are there already, or while it moves elsewhere',
        params: Type.Object({ room_id: Id }),
        body: RoomMove,
        response: { 200: MovedRoom, ...problems },
      },
    },
    (request) => nodes.moveRoom(request.params.room_id, request.body?.node_id ?? null),
  );

  app.delete(
    '/v1/nodes/:node_id',
    {
      config,
      schema: {
        summary: 'Removes a node for good: its certificate opens nothing any more',
        params: ofNode,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      await nodes.remove(request.params.node_id);
      return reply.code(204).send(undefined);
    },
  );
}
