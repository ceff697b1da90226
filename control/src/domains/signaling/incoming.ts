import { Compile } from 'typebox/compile';
import { ControlError } from '../../control-error.js';
import {
  ClientEnvelope,
  type ClientMessage,
  type ClientType,
  clientPayloads,
  descriptionTypes,
  notes,
} from '../../schemas/client-messages.js';

export const maxMessageBytes = 64 * 1024;
export const maxDescriptionBytes = 256 * 1024;
const maxReportBytes = 16 * 1024;

const envelope = Compile(ClientEnvelope);
const payloads = new Map(
  Object.entries(clientPayloads).map(([type, schema]) => [type, Compile(schema)]),
);

/** A refusal of a message, with the id to answer when one could be read. */
export interface Malformed {
  refusal: ControlError;
  re?: string;
}

/** Reads one text frame into a message of the contract, or says what is wrong with it. */
export function readMessage(text: string): ClientMessage | Malformed {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { refusal: new ControlError('bad_message', 'This is not JSON.') };
  }
  const filled = withPayload(parsed);
  if (!envelope.Check(filled))
    return malformed('bad_message', 'The envelope does not fit.', filled);
  const payload = payloads.get(filled.t);
  if (payload === undefined) return malformed('unknown_type', 'There is no such type.', filled);
  const size = Buffer.byteLength(text);
  if (size > maxMessageBytes && !(descriptionTypes as readonly string[]).includes(filled.t)) {
    return malformed('bad_message', 'The message is larger than 64 KiB.', filled);
  }
  if (size > maxReportBytes && filled.t === 'stats.report') {
    return malformed('bad_message', 'The report is larger than 16 KiB.', filled);
  }
  if (!isNote(filled.t) && filled.id === undefined) {
    return malformed('bad_message', 'A command has an id.', filled);
  }
  if (!payload.Check(filled.d)) {
    const [first] = payload.Errors(filled.d);
    const place = `${first?.instancePath ?? ''} ${first?.message ?? 'does not fit'}`;
    return malformed('bad_message', `/d${place}`, filled);
  }
  return filled as unknown as ClientMessage;
}

export function isNote(type: string): boolean {
  return (notes as readonly string[]).includes(type);
}

/** `d` may be left out where it is empty. */
function withPayload(parsed: unknown): unknown {
  if (typeof parsed !== 'object' || parsed === null || 'd' in parsed) return parsed;
  return { ...parsed, d: {} };
}

function malformed(code: 'bad_message' | 'unknown_type', detail: string, from: unknown): Malformed {
  const id = typeof from === 'object' && from !== null && 'id' in from ? from.id : undefined;
  const refusal = new ControlError(code, detail);
  return typeof id === 'string' && id.length <= 36 ? { refusal, re: id } : { refusal };
}

export type { ClientMessage, ClientType };
