/** Settings that every process of a fleet of a run has: limits are out of the way, nothing is public. */

const many = '1000000';
const limits = [
  'REQUESTS_PER_MINUTE',
  'USER_REQUESTS_PER_MINUTE',
  'JOIN_MISSES_PER_MINUTE',
  'ACCOUNT_LOGINS_PER_MINUTE',
  'ADDRESS_LOGINS_PER_MINUTE',
  'MESSAGES_PER_SECOND',
  'MESSAGES_BURST',
  'CHAT_PER_SECOND',
  'CHAT_BURST',
];

export const settings: Record<string, string> = {
  PLENUM_CONFIG: 'none',
  PLENUM_LOG_LEVEL: 'info',
  PLENUM_ACCOUNTS_ADMIN_SECOND_FACTOR: 'optional',
  ...Object.fromEntries(limits.map((name) => [`PLENUM_LIMITS_${name}`, many])),
};
