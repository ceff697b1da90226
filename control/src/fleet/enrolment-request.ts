import type { IncomingMessage } from 'node:http';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { ControlError } from '../control-error.js';
import { readAll } from './read-all.js';

/** Who enrols, as it says. */
export interface Newcomer {
  token: string;
  publicKey: string;
  name: string;
  region: string;
}

const Body = Type.Object({
  token: Type.String({ maxLength: 100 }),
  public_key: Type.String({ maxLength: 1000 }),
  name: Type.String({ minLength: 1, maxLength: 64 }),
  region: Type.String({ pattern: '^[a-z0-9-]{1,32}$' }),
});

/** A key, a token and two names; whoever sends more is no node. */
const maxBytes = 4096;

/** @throws ControlError `bad_request`. */
export async function readEnrolment(request: IncomingMessage): Promise<Newcomer> {
  const body = parse(String(await readAll(request, maxBytes, tooLong)));
  if (!Value.Check(Body, body)) {
    throw new ControlError('bad_request', 'The body is token, public_key, name and region.');
  }
  const { token, public_key: publicKey, name, region } = body;
  return { token, publicKey, name, region };
}

const tooLong = () => new ControlError('bad_request', 'The body is too long.');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlError('bad_request', 'The body is no JSON.');
  }
}
