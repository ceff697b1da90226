import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { Ids } from '../../ids.js';
import type {
  CredentialCreation,
  CredentialRequest,
  NewCredential,
  ShownCredential,
} from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database, Queryable } from '../../store/database.js';
import { type Challenge, keepChallenge, takeChallenge } from './challenges.js';
import type { RelyingParty } from './relying-party.js';
import type { Credential, FactorRecord, Proof } from './repository.js';
import * as repository from './repository.js';

export interface KeysContext {
  database: Database;
  clock: Clock;
  ids: Ids;
  security: SecurityLog;
}

/** How long a person has for their key; then the challenge is void. */
export const challengeLifeMs = 300_000;
const rpName = 'Plenum';
/** EdDSA, ES256, RS256 (RFC 9053 §2, RFC 8812 §2): what keys of all makers know. */
const algorithms = [-8, -7, -257];
/** A password was shown already: a key that asks for a PIN or a finger does, others are good too. */
const userVerification = 'preferred';

/** Loaded by whoever has a key: it brings parsers of certificates, 27 MB that few processes need. */
const library = () => import('@simplewebauthn/server');

/** Security keys and passkeys (WebAuthn Level 3) as a second factor. What is kept of them is public. */
export class SecurityKeys {
  constructor(private readonly context: KeysContext) {}

  /** What the browser is told when a key is added. `others`: among them keys that it must not be. */
  async begin(
    tx: Queryable,
    { userId, factorId }: FactorRecord,
    owner: { email: string; username: string; others: readonly FactorRecord[] },
    party: RelyingParty,
  ): Promise<CredentialCreation> {
    const challenge = await this.newChallenge(tx, userId, factorId);
    return {
      challenge,
      rp: { id: party.id, name: rpName },
      user: { id: handleOf(userId), name: owner.email, displayName: owner.username },
      pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
      timeout: challengeLifeMs,
      excludeCredentials: owner.others.filter(isKey).map(describe),
      // A password comes first, so the key need not remember whose it is.
      authenticatorSelection: {
        residentKey: 'discouraged',
        requireResidentKey: false,
        userVerification,
      },
      attestation: 'none',
    };
  }

  /**
   * Null when it is not what was asked for, or the challenge was used or is over. What it gives throws
   * ControlError `conflict` when the account has the key already.
   */
  async prove(
    factor: FactorRecord,
    made: NewCredential,
    party: RelyingParty,
  ): Promise<Proof | null> {
    const { userId, factorId } = factor;
    const challenge = await this.take(made.response.clientDataJSON, userId, factorId);
    if (challenge === null) return null;
    const { verifyRegistrationResponse } = await library();
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...made, clientExtensionResults: {} },
      ...expected(challenge, party),
      supportedAlgorithmIDs: algorithms,
    }).catch(refused);
    if (!verified || registrationInfo === undefined) return null;
    const { id, publicKey, counter } = registrationInfo.credential;
    const credentialId = Buffer.from(id, 'base64url');
    return async (tx, at) => {
      if (await repository.hasCredential(tx, userId, credentialId)) throw known();
      return repository.confirmKey(tx, factor, at, {
        credentialId,
        publicKey: Buffer.from(publicKey),
        signCount: counter,
        transports: made.response.transports ?? [],
      });
    };
  }

  /** What a login with one of these is to show; null: there is no key among them. */
  async ask(
    userId: string,
    party: RelyingParty,
    factors: readonly FactorRecord[],
  ): Promise<CredentialRequest | null> {
    const own = factors.filter(isKey);
    if (own.length === 0) return null;
    return {
      challenge: await this.newChallenge(this.context.database, userId, null),
      rpId: party.id,
      timeout: challengeLifeMs,
      allowCredentials: own.map(describe),
      userVerification,
    };
  }

  /**
   * Did one of these sign what this account was asked to, for us, just now? Whose count of signatures
   * went back may be a copy (§6.1.1) and is refused.
   */
  async accept(
    userId: string,
    shown: ShownCredential,
    party: RelyingParty,
    factors: readonly FactorRecord[],
  ): Promise<boolean> {
    const { database, clock, security } = this.context;
    const challenge = await this.take(shown.response.clientDataJSON, userId, null);
    const factor = factors.filter(isKey).find((one) => describe(one).id === shown.id);
    if (challenge === null || factor === undefined) return false;
    const { verifyAuthenticationResponse } = await library();
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...shown, clientExtensionResults: {} },
      ...expected(challenge, party),
      credential: {
        id: shown.id,
        publicKey: new Uint8Array(factor.publicKey),
        // Compared where it is written: of two at the same time one is later.
        counter: 0,
      },
    }).catch(refused);
    if (!verified || authenticationInfo === undefined) return false;
    const used = { count: authenticationInfo.newCounter, at: new Date(clock.now()) };
    if (await repository.takeCount(database, factor, used)) return true;
    security.write('factor.copied', { user_id: userId, factor_id: factor.factorId });
    return false;
  }

  private async newChallenge(
    tx: Queryable,
    userId: string,
    factorId: string | null,
  ): Promise<string> {
    const { ids, clock } = this.context;
    const challenge = ids.secret();
    const now = new Date(clock.now());
    const expiresAt = new Date(clock.now() + challengeLifeMs);
    await keepChallenge(tx, { userId, challenge, factorId }, { now, expiresAt });
    return challenge;
  }

  /** The challenge that was signed, if it was one of ours for this. It is used up. */
  private async take(
    clientData: string,
    userId: Challenge['userId'],
    factorId: Challenge['factorId'],
  ): Promise<string | null> {
    const { database, clock } = this.context;
    const challenge = challengeIn(clientData);
    if (challenge === null) return null;
    const now = new Date(clock.now());
    return (await takeChallenge(database, { userId, challenge, factorId }, now)) ? challenge : null;
  }
}

function expected(challenge: string, party: RelyingParty) {
  return {
    expectedChallenge: challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: false,
  };
}

/** The library throws for whatever does not fit; nothing else can go wrong in it. */
function refused() {
  return { verified: false as const, registrationInfo: undefined, authenticationInfo: undefined };
}

/** Opaque, and the same for all keys of an account (§5.4.3). */
function handleOf(userId: string): string {
  return Buffer.from(userId.replaceAll('-', ''), 'hex').toString('base64url');
}

function isKey(factor: FactorRecord): factor is FactorRecord & Credential {
  return factor.credentialId !== null;
}

function describe({ credentialId, transports }: Credential) {
  const id = credentialId.toString('base64url');
  return { id, type: 'public-key' as const, ...(transports.length > 0 ? { transports } : {}) };
}

function challengeIn(clientData: string): string | null {
  try {
    const read = JSON.parse(Buffer.from(clientData, 'base64url').toString());
    return typeof read?.challenge === 'string' ? read.challenge : null;
  } catch {
    return null;
  }
}

function known(): ControlError {
  return new ControlError('conflict', 'The account has this key already.');
}
