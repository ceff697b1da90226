import { newId } from './new-id.js';

/** W3C Trace Context: one trace from the look at the link to the seat; nothing is measured by it. */
export const traceparent = `00-${newId()}-${newId().slice(16)}-00`;

/** Tells the server's log which requests belong together; only what leads into a meeting. */
export function traced(path: string, init: RequestInit): RequestInit {
  if (!path.startsWith('/v1/join')) return init;
  return { ...init, headers: { ...(init.headers as Record<string, string>), traceparent } };
}
