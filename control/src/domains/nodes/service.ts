import { type Clock, isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { Owners } from '../../fleet/elsewhere.js';
import type { Newcomer } from '../../fleet/enrolment-request.js';
import type { LiveNode, NodeFleet } from '../../fleet/node-fleet.js';
import type { MemberKind } from '../../fleet/standings.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { hashSecret, type Ids, isId } from '../../ids.js';
import { cleanName } from '../../names.js';
import { type PageWish, pageOf } from '../../plugins/page.js';
import type { Listed } from '../../schemas/http/common.js';
import type { MediaNode, MovedRoom, NodeRoom, NodeToken } from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database } from '../../store/database.js';
import type { NodeRecord, NodeRoomRecord } from './repository.js';
import * as repository from './repository.js';

export { NodeNews } from './news.js';

export interface NodesContext {
  database: Database;
  idempotency: Idempotency;
  clock: Clock;
  ids: Ids;
  security: SecurityLog;
  fleet: NodeFleet;
  owners: Owners;
  titleOf: (meetingId: string) => Promise<string>;
  /** Moves the media of a room that is here. */
  move: (room: { meetingId: string; roomId: string }, nodeId: string | null) => Promise<MovedRoom>;
}

const tokenLifeMs = 3_600_000;
const defaultDrainS = 600;

/** The media nodes: who belongs to the fleet, and what operators ask of them. */
export class NodesService {
  constructor(private readonly context: NodesContext) {}

  /** @throws ControlError `conflict` where this process takes no other nodes. */
  async createToken(
    userId: string,
    kind: MemberKind,
    request: CreatingRequest,
  ): Promise<GivenAnswer<NodeToken>> {
    const { idempotency, fleet, clock, security } = this.context;
    const secret = fleet.newEnrolmentToken();
    if (secret === null) {
      throw new ControlError(
        'conflict',
        'This process is a machine of its own; nodes enrol with `plenum start control`.',
      );
    }
    const answer = await idempotency.run(request, async (tx) => {
      const at = clock.now();
      const expiresAt = new Date(at + tokenLifeMs);
      const hash = hashSecret(secret.secret);
      const token = { hash, kind, createdBy: userId, at: new Date(at), expiresAt };
      await repository.insertToken(tx, token);
      return { status: 201, body: { token: secret.token, expires_at: isoTime(+expiresAt) } };
    });
    if (!answer.replayed) security.write('node.token_made', null);
    return answer;
  }

  /** Makes a node of whoever has the token. @throws ControlError `unauthenticated`, `bad_request`. */
  async enrol({ token, publicKey, name, region }: Newcomer) {
    const { database, ids, clock, fleet, security } = this.context;
    const nodeId = ids.next();
    const at = new Date(clock.now());
    const hash = hashSecret(token);
    const kind = await repository.kindOfToken(database, { hash, at });
    if (kind === null) throw unknownToken();
    const role = kind === 'recorder' ? 'recorder' : 'node';
    const certificate = await fleet.certify(nodeId, publicKey, role);
    const named = { nodeId, kind, name: cleanName(name, '/name'), region, at };
    await database.transaction(async (tx) => {
      if (!(await repository.useToken(tx, { hash, nodeId, at }))) throw unknownToken();
      await repository.insertNode(tx, named);
    });
    security.write('node.enrolled', { node_id: nodeId });
    fleet.belongs(nodeId, kind);
    return { node_id: nodeId, certificate, authority: fleet.authority };
  }

  async list(wish: PageWish): Promise<Listed<MediaNode>> {
    const rows = await repository.listNodes(this.context.database, {
      after: wish.after,
      limit: wish.limit + 1,
    });
    return pageOf.list(
      rows,
      wish.limit,
      (row) => row.nodeId,
      (row) => this.present(row),
    );
  }

  async get(nodeId: string): Promise<MediaNode> {
    return this.present(await this.find(nodeId));
  }

  async rooms(nodeId: string, wish: PageWish): Promise<Listed<NodeRoom>> {
    await this.find(nodeId);
    const { database, fleet, titleOf } = this.context;
    const after = { after: wish.after, limit: wish.limit + 1 };
    const rows = await repository.roomsOf(database, nodeId, after);
    const titles = await Promise.all(rows.map(({ meetingId }) => titleOf(meetingId)));
    const participants = fleet.live(nodeId)?.participants;
    const present = (row: NodeRoomRecord): NodeRoom => ({
      ...presentRoom(row),
      title: titles[rows.indexOf(row)] ?? '',
      control_address: row.controlId && fleet.addressOf(row.controlId),
      participants: participants?.get(row.roomId) ?? null,
    });
    return pageOf.list(rows, wish.limit, (row) => row.roomId, present);
  }

  /** No new rooms, and those that are there move; what has not by the deadline is closed. */
  async drain(nodeId: string, deadlineS = defaultDrainS): Promise<MediaNode> {
    const at = this.context.clock.now();
    const drain = { since: new Date(at), until: new Date(at + deadlineS * 1000) };
    return this.setDrain(nodeId, drain);
  }

  /** What has moved stays where it is. */
  undrain(nodeId: string): Promise<MediaNode> {
    return this.setDrain(nodeId, null);
  }

  /**
   * Moves the media of a room, make before break; without a node, to where placement says.
   * @throws ControlError `not_found`, `conflict`, `no_capacity`; Elsewhere.
   */
  async moveRoom(roomId: string, nodeId: string | null): Promise<MovedRoom> {
    const [hold] = isId(roomId) ? await repository.holdsOf(this.context.database, [roomId]) : [];
    if (hold === undefined) throw new ControlError('not_found', 'There is no such room.');
    await this.context.owners.check(hold.meetingId);
    return this.context.move(hold, nodeId);
  }

  /** For good: its certificate opens nothing any more, its rooms go elsewhere. */
  async remove(nodeId: string): Promise<void> {
    const { database, clock, fleet, security } = this.context;
    const at = new Date(clock.now());
    if (!isId(nodeId) || !(await repository.removeNode(database, nodeId, at))) throw unknown();
    security.write('node.removed', { node_id: nodeId });
    fleet.remove(nodeId);
  }

  private async setDrain(
    nodeId: string,
    drain: { since: Date; until: Date } | null,
  ): Promise<MediaNode> {
    const { database, fleet } = this.context;
    const record = isId(nodeId) ? await repository.setDrain(database, nodeId, drain) : null;
    if (record === null) throw unknown();
    fleet.setDrained(nodeId, record.drainUntil);
    return this.present(record);
  }

  private async find(nodeId: string): Promise<NodeRecord> {
    const record = isId(nodeId) ? await repository.findNode(this.context.database, nodeId) : null;
    if (record === null) throw unknown();
    return record;
  }

  private present(record: NodeRecord): MediaNode {
    const live = this.context.fleet.live(record.nodeId);
    const seen =
      live === null ? {} : { last_seen_at: isoTime(this.context.clock.now() - live.silentMs) };
    return { ...presentRecord(record), ...presentLive(live, record), ...seen };
  }
}

function presentRecord(record: NodeRecord) {
  const { nodeId, kind, name, region, isSole, enrolledAt, lastSeenAt } = record;
  const { drainingSince, drainUntil } = record;
  const time = (at: Date | null) => at && isoTime(at.getTime());
  return {
    node_id: nodeId,
    kind,
    name,
    region,
    is_sole: isSole,
    enrolled_at: isoTime(enrolledAt.getTime()),
    last_seen_at: isoTime(lastSeenAt.getTime()),
    draining_since: time(drainingSince),
    drain_until: time(drainUntil),
  };
}

function presentLive(live: LiveNode | null, { drainingSince }: NodeRecord) {
  if (live === null) {
    const nothing = { version: null, stress_ratio: null, loss_ratio: null, drop_ratio: null };
    return { state: 'lost', unfit: 'lost', ...nothing, rooms: null, participants: null } as const;
  }
  const { load, unfit, version } = live;
  return {
    state: drainingSince !== null || unfit === 'draining' ? 'draining' : 'up',
    unfit,
    version,
    stress_ratio: load.stress,
    loss_ratio: load.lossRatio,
    drop_ratio: load.dropRatio,
    rooms: load.rooms,
    participants: load.participants,
  } as const;
}

function presentRoom({ meetingId, roomId, epoch, controlId, openedAt }: NodeRoomRecord) {
  return {
    meeting_id: meetingId,
    room_id: roomId,
    epoch,
    control_id: controlId,
    opened_at: isoTime(openedAt.getTime()),
  };
}

function unknownToken(): ControlError {
  return new ControlError('unauthenticated', 'The token is unknown, used or too old.');
}

function unknown(): ControlError {
  return new ControlError('not_found', 'There is no such node.');
}
