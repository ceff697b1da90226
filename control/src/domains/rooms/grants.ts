import type { Grants, Policy, Role, Source } from '../../schemas/values.js';

export function isHost(role: Role): boolean {
  return role === 'host' || role === 'co_host';
}

/** What is switched off of whoever comes. */
export function mutedOnEntry(role: Role, policy: Policy): Source[] {
  return policy.mute_on_entry && !isHost(role) ? ['microphone'] : [];
}

/**
 * What a role may do under a policy.
 * @param canUnmute what hosts said about this very person; null: nothing.
 */
export function grantsOf(role: Role, policy: Policy, canUnmute: boolean | null = null): Grants {
  if (role === 'viewer') return { publish: [], subscribe: true, chat: false, unmute: false };
  const host = isHost(role);
  const sharesScreen = host || policy.screen_share === 'all';
  return {
    publish: [
      'microphone',
      'camera',
      ...(sharesScreen ? (['screen', 'screen_audio'] as const) : []),
    ],
    subscribe: true,
    chat: policy.chat === 'all' || (host && policy.chat === 'hosts'),
    unmute: host || (canUnmute ?? policy.self_unmute),
  };
}
