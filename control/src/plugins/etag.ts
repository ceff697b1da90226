import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ControlError } from '../control-error.js';
import { NoContent } from '../schemas/http/common.js';

/** Conditional requests (RFC 9110 §13) on single resources: their version is the strong ETag. */

/** For the OpenAPI document; `check` does the refusing, with the codes of its own. */
const schema = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'the ETag that was read; required' })),
});

/** Of a GET that sends an ETag. */
const reading = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({ description: 'the ETag of what you have: 304 while it is so' }),
  ),
});

/** What it answers besides. */
const unchanged = { 304: NoContent };

/**
 * Sends `body` with its ETag, or 304 when the client has it.
 * @param version counts its changes. Where the body also tells of what is no change (somebody is in
 *   the meeting now), a state behind the version, `3-live`: another representation, but no reason to
 *   refuse a change that is based on it.
 */
function send<Body>(
  request: FastifyRequest,
  reply: FastifyReply,
  version: number | `${number}-${string}`,
  body: Body,
): Body | undefined {
  const tag = `"${version}"`;
  reply.header('etag', tag);
  const asked = request.headers['if-none-match'];
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  if (isGet && asked !== undefined && (asked.trim() === '*' || listed(asked, true).includes(tag))) {
    reply.code(304);
    return undefined;
  }
  return body;
}

/** As `send`, of what counts no versions: the same tag exactly when the same body is sent. */
function sendByContent<Body>(
  request: FastifyRequest,
  reply: FastifyReply,
  body: Body,
): Body | undefined {
  return send(request, reply, versionOf(body), body);
}

/** As `sendByContent`, a handler for what stays the same as long as the process runs. */
function fixed<Body>(
  body: Body,
): (request: FastifyRequest, reply: FastifyReply) => Promise<Body | undefined> {
  const version = versionOf(body);
  return async (request, reply) => send(request, reply, version, body);
}

function versionOf(body: unknown): `0-${string}` {
  const digest = hash('sha256', JSON.stringify(body), 'base64url');
  return `0-${digest.slice(0, 22)}`;
}

/**
 * What the change is based on; null: on any version (`*`).
 * @throws ControlError `precondition_required`; `precondition_failed` for what no version can be.
 */
function expected(request: FastifyRequest): readonly number[] | null {
  const condition = request.headers['if-match'];
  if (condition === undefined) {
    throw new ControlError('precondition_required', 'Send If-Match with the ETag you read.');
  }
  if (condition.trim() === '*') return null;
  const versions = listed(condition, false)
    .map((tag) => /^"(\d{1,9})(?:-\w+)?"$/.exec(tag)?.[1])
    .filter((text) => text !== undefined)
    .map(Number);
  if (versions.length === 0) throw stale();
  return versions;
}

/** @throws ControlError `precondition_failed`. */
function check(expected: readonly number[] | null, version: number): void {
  if (expected !== null && !expected.includes(version)) throw stale();
}

function stale(): ControlError {
  return new ControlError('precondition_failed', 'It has changed since it was read.');
}

/** Weak tags match for reading only (RFC 9110 §13.1.1, §13.1.2). */
function listed(header: string, weakToo: boolean): string[] {
  const tags = header.split(',').map((tag) => tag.trim());
  return weakToo ? tags.map((tag) => tag.replace(/^W\//, '')) : tags;
}

export const etag = { schema, reading, unchanged, send, sendByContent, fixed, expected, check };
export type ExpectedVersions = ReturnType<typeof expected>;
