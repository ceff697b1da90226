export const announce = {
  'announce.joined': '{name} joined',
  'announce.joinedMany': '{count, plural, one {# person joined} other {# people joined}}',
  'announce.left': '{name} left',
  'announce.leftMany': '{count, plural, one {# person left} other {# people left}}',
  'announce.chat': 'New message from {name}',
  'announce.chatMany': '{count, plural, one {# new message} other {# new messages}}',
  'announce.sharing': '{name} shares a screen',
  'announce.sharingMany': '{count, plural, one {# screen is shared} other {# screens are shared}}',
} as const;
