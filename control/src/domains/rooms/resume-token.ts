import { randomBytes } from 'node:crypto';
import { parse, stringify } from 'uuid';
import { ControlError } from '../../control-error.js';
import { hashSecret } from '../../ids.js';

const idBytes = 16;
const secretBytes = 32;

export interface ResumeSeat {
  meetingId: string;
  participantId: string;
}

/** `meeting id | participant id | 256 random bits`, base64url: the ids find the row to compare. */
export function makeResumeToken(seat: ResumeSeat): { token: string; hash: Buffer } {
  const token = Buffer.concat([
    parse(seat.meetingId),
    parse(seat.participantId),
    randomBytes(secretBytes),
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
