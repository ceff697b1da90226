/** What a role may do to another: the server decides, this is for what is offered (api §2). */
import type { Role } from '../../../client/src/index.js';

export function isHost(role: Role): boolean {
  return role === 'host' || role === 'co_host';
}

/** Hosts answer to hosts only. */
export function mayModerate(own: Role, other: Role): boolean {
  return isHost(own) && (other !== 'host' || own === 'host');
}

/** Roles that somebody of the role `own` may give to one of the role `other`. */
export function rolesToGive(own: Role, other: Role): Role[] {
  const all: Role[] =
    own === 'host'
      ? ['host', 'co_host', 'participant', 'viewer']
      : own === 'co_host' && !isHost(other)
        ? ['participant', 'viewer']
        : [];
  return all.filter((role) => role !== other);
}
