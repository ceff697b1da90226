import type { Policy } from '../../schemas/values.js';

/** What holds in a meeting when nobody said otherwise. */
export const defaultPolicy: Policy = {
  lobby: 'off',
  has_passcode: false,
  locked: false,
  join_before_host: true,
  guests: true,
  mute_on_entry: false,
  self_unmute: true,
  screen_share: 'all',
  chat: 'all',
  private_chat: true,
  history: true,
  recording: { consent: 'inform', auto: false },
  max_participants: 100,
};
