import { parse, stringify } from 'uuid';
import { ControlError } from '../../control-error.js';
import { hashSecret } from '../../ids.js';

const idBytes = 16;
const secretBytes = 32;

export interface ResumeSeat {
  meetingId: string;
  participantId: string;
}

/**
 * `meeting id | participant id | secret`, base64url: the ids find the row to compare.
 * @param secret of `Ids.secret`: 256 bits.
 */
export function makeResumeToken(seat: ResumeSeat, secret: string): { token: string; hash: Buffer } {
  const token = Buffer.concat([
    parse(seat.meetingId),
    parse(seat.participantId),
    Buffer.from(secret, 'base64url'),
  ]).toString('base64url');
  return { token, hash: hashSecret(token) };
}

/** @throws ControlError `unauthenticated` when it has not this form. */
export function readResumeToken(token: string): ResumeSeat {
  const bytes = Buffer.from(token, 'base64url');
  try {
    if (bytes.length !== 2 * idBytes + secretBytes) throw new Error('length');
    return {
      meetingId: stringify(bytes.subarray(0, idBytes)),
      participantId: stringify(bytes.subarray(idBytes, 2 * idBytes)),
    };
  } catch {
    throw new ControlError('unauthenticated', 'The resume token is not valid.');
  }
}
