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

type Audience = 'plenum:signaling' | 'plenum:api';

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

  private async verify(token: string, audience: Audience): Promise<VerifiedToken> {
    try {
      const { payload } = await jwtVerify<Claims>(token, this.keys.verifying, {
        algorithms: ['EdDSA'],
        issuer,
        audience,
        clockTolerance: leewayS,
        currentDate: new Date(this.clock.now()),
        requiredClaims: [...allowedClaims],
      });
      if (payload.ver !== tokenVersion) throw new Error('another version');
      if (Object.keys(payload).some((claim) => !allowedClaims.includes(claim))) {
        throw new Error('an unknown claim');
      }
      return subjectOf(payload);
    } catch {
      throw new ControlError('unauthenticated', 'The token is not valid (any more).');
    }
  }

  /**
   * Signed here and now: Ed25519 takes 50 µs, and the thread pool, where WebCrypto would sign, may be
   * full of passwords being hashed.
   */
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
    const signed = `${this.header}.${encoded(claims)}`;
    const signature = sign(null, Buffer.from(signed), this.keys.signing);
    const token = `${signed}.${signature.toString('base64url')}`;
    return { token, expiresAt: (now + lifeS) * 1000 };
  }
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
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
