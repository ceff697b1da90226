export const announce = {
  'announce.joined': '{name} joined',
  'announce.joinedMany': '{count, plural, one {# person joined} other {# people joined}}',
  'announce.left': '{name} left',
  'announce.leftMany': '{count, plural, one {# person left} other {# people left}}',
  'announce.chat': 'New message from {name}',
  'announce.chatMany': '{count, plural, one {# new message} other {# new messages}}',
  'announce.sharing': '{name} shares a screen',
  'announce.sharingMany': '{count, plural, one {# screen is shared} other {# screens are shared}}',
  'announce.knock': '{name} waits to join',
  'announce.knockMany':
    '{count, plural, one {# person waits to join} other {# people wait to join}}',
  'announce.hand': '{name} raised a hand',
  'announce.handMany': '{count, plural, one {# hand was raised} other {# hands were raised}}',
  'announce.reaction': '{name} reacted',
  'announce.reactionMany': '{count, plural, one {# reaction} other {# reactions}}',
  'announce.connected': 'Connected again',
  'announce.connectedMany': 'Connected again',
} as const;
