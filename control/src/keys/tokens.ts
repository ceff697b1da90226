import { sign } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Clock } from '../clock.js';
import { ControlError } from '../control-error.js';
import type { ParticipantPrincipal } from '../principal.js';
import type { Grants, Role } from '../schemas/values.js';
import type { KeyRing } from './key-ring.js';

/** Whom a token speaks for. */
export interface TokenSubject {
  participantId: string;
  meetingId: string;
  roomId: string;
  epoch: number;
  role: Role;
  grants: Grants;
}

export interface VerifiedToken extends TokenSubject {
  tokenId: string;
}

export interface IssuedToken {
  token: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Where the media of a participant would go. */
export interface StandbySubject {
  participantId: string;
  roomId: string;
  /** Under which it would be there: tickets of epochs that are over are worth nothing. */
  epochNext: number;
  nodeId: string;
}

type Audience = 'plenum:signaling' | 'plenum:api' | 'plenum:standby';

const issuer = 'plenum';
const tokenVersion = 1;
/** With the leeway a join token is good for 120 s at most. */
const joinLifeS = 60;
const participantLifeS = 600;
const leewayS = 60;

/** Every claim that a token of ours may hold, and no other. */
export const allowedClaims: readonly string[] = [
  'iss',
  'aud',
  'sub',
  'iat',
  'nbf',
  'exp',
  'jti',
  'ver',
  'mtg',
  'room',
  'epoch',
  'role',
  'grants',
];

/** The same of a standby ticket. */
export const standbyClaims: readonly string[] = [
  ...['iss', 'aud', 'sub', 'exp', 'jti', 'room', 'epoch_next', 'node'],
];

/** Makes and checks the short-lived tokens: JWT (RFC 7519) signed with EdDSA (RFC 8037). */
export class Tokens {
  /** The first part of every token (RFC 7515 §7.1). */
  private readonly header: string;

  constructor(
    private readonly keys: KeyRing,
    private readonly clock: Clock,
  ) {
    this.header = encoded({ alg: 'EdDSA', kid: keys.kid, typ: 'JWT' });
  }

  /** For the first `hello`; `tokenId` becomes `jti`, which whoever keeps the seat lets in once. */
  issueJoin(subject: TokenSubject, tokenId: string): IssuedToken {
    return this.issue(subject, tokenId, 'plenum:signaling', joinLifeS);
  }

  /** For the HTTP API, renewed over the socket at half its life. */
  issueParticipant(subject: TokenSubject, tokenId: string): IssuedToken {
    return this.issue(subject, tokenId, 'plenum:api', participantLifeS);
  }

  /** @throws ControlError `unauthenticated` for whatever is not a join token of ours in time. */
  verifyJoin(token: string): Promise<VerifiedToken> {
    return this.verify(token, 'plenum:signaling');
  }

  /** @throws ControlError `unauthenticated` for whatever is no participant token of ours in time. */
  verifyParticipant(token: string): Promise<VerifiedToken> {
    return this.verify(token, 'plenum:api');
  }

  /** Who a participant token speaks for; null when it is not valid (any more). */
  async principalOf(token: string): Promise<ParticipantPrincipal | null> {
    const subject = await this.verifyParticipant(token).catch(() => null);
    if (subject === null) return null;
    const { participantId, meetingId, roomId, epoch } = subject;
    return { kind: 'part', participantId, meetingId, roomId, epoch };
  }

  /** What `media.lost` shows, so that a node that is lost is looked at at once. */
  issueStandby(subject: StandbySubject, tokenId: string): IssuedToken {
    const exp = Math.floor(this.clock.now() / 1000) + participantLifeS;
    const claims: StandbyClaims = {
      ...{ iss: issuer, aud: 'plenum:standby', sub: subject.participantId, exp, jti: tokenId },
      ...{ room: subject.roomId, epoch_next: subject.epochNext, node: subject.nodeId },
    };
    return { token: this.signed(claims), expiresAt: exp * 1000 };
  }

  /** @throws ControlError `unauthenticated` for whatever is no standby ticket of ours in time. */
  async verifyStandby(token: string): Promise<StandbySubject> {
    const claims = await this.claimsOf<StandbyClaims>(token, 'plenum:standby', standbyClaims);
    const { sub: participantId, room: roomId, epoch_next: epochNext, node: nodeId } = claims;
    return { participantId, roomId, epochNext, nodeId };
  }

  private async verify(token: string, audience: Audience): Promise<VerifiedToken> {
    const claims = await this.claimsOf<Claims>(token, audience, allowedClaims);
    if (claims.ver !== tokenVersion) throw notValid();
    return subjectOf(claims);
  }

  private async claimsOf<Of extends object>(
    token: string,
    audience: Audience,
    allowed: readonly string[],
  ): Promise<Of> {
    try {
      const { payload } = await jwtVerify<Of>(token, this.keys.verifying, {
        algorithms: ['EdDSA'],
        issuer,
        audience,
        clockTolerance: leewayS,
        currentDate: new Date(this.clock.now()),
        requiredClaims: [...allowed],
      });
      if (Object.keys(payload).some((claim) => !allowed.includes(claim))) {
        throw new Error('an unknown claim');
      }
      return payload;
    } catch {
      throw notValid();
    }
  }

  private issue(
    subject: TokenSubject,
    tokenId: string,
    audience: Audience,
    lifeS: number,
  ): IssuedToken {
    const now = Math.floor(this.clock.now() / 1000);
    const claims = {
      iss: issuer,
      aud: audience,
      sub: subject.participantId,
      iat: now,
      nbf: now,
      exp: now + lifeS,
      jti: tokenId,
      ver: tokenVersion,
      mtg: subject.meetingId,
      room: subject.roomId,
      epoch: subject.epoch,
      role: subject.role,
      grants: subject.grants,
    };
    return { token: this.signed(claims), expiresAt: (now + lifeS) * 1000 };
  }

  /**
   * Here and now: Ed25519 takes 50 µs, and the thread pool, where WebCrypto would sign, may be full of
   * passwords being hashed.
   */
  private signed(claims: object): string {
    const text = `${this.header}.${encoded(claims)}`;
    const signature = sign(null, Buffer.from(text), this.keys.signing);
    return `${text}.${signature.toString('base64url')}`;
  }
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function notValid(): ControlError {
  return new ControlError('unauthenticated', 'The token is not valid (any more).');
}

interface StandbyClaims {
  iss: string;
  aud: Audience;
  sub: string;
  exp: number;
  jti: string;
  room: string;
  epoch_next: number;
  node: string;
}

interface Claims {
  sub: string;
  jti: string;
  ver: number;
  mtg: string;
  room: string;
  epoch: number;
  role: Role;
  grants: Grants;
}

function subjectOf(claims: Claims): VerifiedToken {
  return {
    tokenId: claims.jti,
    participantId: claims.sub,
    meetingId: claims.mtg,
    roomId: claims.room,
    epoch: claims.epoch,
    role: claims.role,
    grants: claims.grants,
  };
}
