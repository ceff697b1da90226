import type { FastifyBaseLogger } from 'fastify';
import { presentCause } from './cause.js';
import { type Clock, isoTime } from './clock.js';

/**
 * Every security event there is, and what it means. docs/security-events.md has the same list (a test
 * compares them). Names are never changed: alarms are built on them.
 */
export const securityEvents = {
  'login.succeeded': 'Somebody logged in, with a password or by single sign-on (`provider`)',
  'login.failed':
    'A login was refused; `reason` is `password`, `disabled`, `factor`, `changed` (the account, meanwhile) or `provider`',
  'login.limited': 'Too many logins, or tries to change the password, of an account or an address',
  'session.ended': 'A login was ended: a logout, or one of the others in the list',
  'sessions.ended': 'Logged out everywhere',
  'password.changed': 'A new password, by who knew the present one',
  'password.refused': 'A change of the password with a wrong present one',
  'password_reset.asked':
    'A link for a new password was asked for; without `user_id`: of no account',
  'password_reset.done': 'A link for a new password was used',
  'factor.added': 'A second factor counts from now on',
  'factor.removed': 'A second factor was taken away',
  'factor.shown': 'A login that had shown no second factor, of single sign-on, has shown it',
  'factor.copied': 'A security key counted back: somebody may have a copy of it; refused',
  'recovery_code.used': 'A login with a recovery code',
  'api_key.made': 'An API key',
  'api_key.revoked': 'It is good no more',
  'setup_link.made': 'A start printed the link for the first administrator',
  'setup_link.used': 'Somebody made the first account with it',
  'user.made': 'An account',
  'user.deleted': 'It is gone, with its logins and keys',
  'user.disabled': 'It cannot log in; its keys have ended',
  'user.enabled': 'It can again',
  'admin.given': 'An account is an administrator from now on',
  'admin.taken': 'It is none any more',
  'identity.linked': 'An account of a single sign-on `provider` belongs to this one from now on',
  'invite.made': 'A link to a meeting, in `role`',
  'invite.revoked': 'It opens nothing any more',
  'ingest_key.made': 'A key of a program that publishes or watches',
  'ingest_key.revoked': 'It is good no more',
  'webhook.made': 'Events go to another server from now on',
  'webhook.changed': 'Its address, its types, or whether it is on',
  'webhook.deleted': 'Events no longer go there',
  'webhook.secret_rotated': 'It signs with another secret',
  'block.made': 'Somebody was put out and may not return',
  'block.lifted': 'They may',
  'meeting.deleted': 'A meeting is gone',
  'recording.deleted': 'A recording is gone',
  'recording.file_url_made':
    'Somebody was given an address of a file of a recording, for 5 minutes; with `share_id`: by a link',
  'recording_share.made': 'A link with which anybody sees a recording',
  'recording_share.opened': 'Somebody came by it',
  'recording_share.revoked': 'It opens nothing any more',
  'node.token_made': 'A token that makes one media node of the fleet',
  'node.enrolled': 'A media node belongs to the fleet from now on',
  'node.removed': 'It does no more',
} as const satisfies Record<string, string>;

export type SecurityEvent = keyof typeof securityEvents;

/** Ids and words of ours: no address of mail, no name, nothing that opens anything. */
export interface SecurityDetail {
  user_id?: string;
  session_id?: string;
  factor_id?: string;
  api_key_id?: string;
  meeting_id?: string;
  invite_id?: string;
  ingest_key_id?: string;
  webhook_id?: string;
  node_id?: string;
  block_id?: string;
  participant_id?: string;
  recording_id?: string;
  file_id?: string;
  share_id?: string;
  provider?: string;
  reason?: string;
  role?: string;
  scope?: string;
}

/** Writes down who did what, when and from where, whatever the level of the log is. */
export class SecurityLog {
  private readonly log: FastifyBaseLogger;

  constructor(
    log: FastifyBaseLogger,
    private readonly clock: Clock,
  ) {
    this.log = log.child({}, { level: 'info' });
  }

  /** `by` and `ip` are those of the request, or of the socket; without one: this process. */
  write(event: SecurityEvent, detail: SecurityDetail | null): void {
    const cause = presentCause();
    const who = cause && {
      by: cause.by,
      ip: cause.ip,
      request_id: cause.requestId,
      trace_id: cause.trace.traceId,
    };
    const at = isoTime(this.clock.now());
    this.log.info({ security: event, at, ...(who ?? { by: 'plenum' }), ...detail }, event);
  }
}
