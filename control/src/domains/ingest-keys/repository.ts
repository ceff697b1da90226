import { dayOf } from '../../ids.js';
import type { Queryable } from '../../store/database.js';

export type Scope = 'publish' | 'view';

export interface IngestKeyRecord {
  meetingId: string;
  ingestKeyId: string;
  scope: Scope;
  name: string;
  secretHash: Buffer;
  /** Null: the meeting had none when the key was made, or it was not given. */
  passcodeSealed: Buffer | null;
  /** Does whoever stands behind the program agree to be recorded? */
  consent: boolean;
  /** Was it made by an account? */
  isMembers: boolean;
  expiresAt: Date;
  createdAt: Date;
}

const columns = `meeting_id as "meetingId", ingest_key_id as "ingestKeyId", scope,
  display_name as name, secret_hash as "secretHash", expires_at as "expiresAt",
  created_at as "createdAt", passcode_sealed as "passcodeSealed", consent,
  user_id is not null as "isMembers"`;

export async function insertKey(
  tx: Queryable,
  key: IngestKeyRecord,
  maker: { participantId: string | null; userId: string | null },
): Promise<void> {
  await tx.query(
    `insert into ingest_keys (meeting_id, ingest_key_id, scope, display_name, secret_hash,
       participant_id, user_id, expires_at, created_at, passcode_sealed, consent)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      key.meetingId,
      key.ingestKeyId,
      key.scope,
      key.name,
      key.secretHash,
      maker.participantId,
      maker.userId,
      key.expiresAt,
      key.createdAt,
      key.passcodeSealed,
      key.consent,
    ],
  );
}

/** Null also when it was revoked, or its meeting deleted. */
export async function findKey(
  from: Queryable,
  meetingId: string,
  secretHash: Buffer,
): Promise<IngestKeyRecord | null> {
  const [row] = await from.query<IngestKeyRecord>(
    `select ${columns} from ingest_keys
     where meeting_id = $1 and secret_hash = $2 and revoked_at is null
       and exists (select 1 from meetings m
         where m.day = $3 and m.meeting_id = $1 and m.deleted_at is null)`,
    [meetingId, secretHash, dayOf(meetingId)],
  );
  return row ?? null;
}

/** Those not revoked, in the order of their ids: up to one more than `limit`. */
export function listKeys(
  from: Queryable,
  meetingId: string,
  { after, limit }: { after: string; limit: number },
): Promise<IngestKeyRecord[]> {
  return from.query<IngestKeyRecord>(
    `select ${columns} from ingest_keys
     where meeting_id = $1 and ingest_key_id > $2 and revoked_at is null
     order by ingest_key_id limit $3`,
    [meetingId, after, limit + 1],
  );
}

/** False when there was no such key. */
export async function revokeKey(
  tx: Queryable,
  meetingId: string,
  ingestKeyId: string,
  at: Date,
): Promise<boolean> {
  const revoked = await tx.query(
    `update ingest_keys set revoked_at = $3
     where meeting_id = $1 and ingest_key_id = $2 and revoked_at is null returning 1`,
    [meetingId, ingestKeyId, at],
  );
  return revoked.length > 0;
}
