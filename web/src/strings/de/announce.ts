export const announce = {
  'announce.joined': '{name} ist beigetreten',
  'announce.joinedMany':
    '{count, plural, one {# Person ist beigetreten} other {# Personen sind beigetreten}}',
  'announce.left': '{name} ist gegangen',
  'announce.leftMany':
    '{count, plural, one {# Person ist gegangen} other {# Personen sind gegangen}}',
  'announce.chat': 'Neue Nachricht von {name}',
  'announce.chatMany': '{count, plural, one {# neue Nachricht} other {# neue Nachrichten}}',
  'announce.sharing': '{name} teilt einen Bildschirm',
  'announce.sharingMany':
    '{count, plural, one {# Bildschirm wird geteilt} other {# Bildschirme werden geteilt}}',
  'announce.knock': '{name} wartet auf Einlass',
  'announce.knockMany':
    '{count, plural, one {# Person wartet auf Einlass} other {# Personen warten auf Einlass}}',
  'announce.hand': '{name} hat die Hand gehoben',
  'announce.handMany': '{count, plural, one {# Hand wurde gehoben} other {# Hände wurden gehoben}}',
  'announce.reaction': '{name} hat reagiert',
  'announce.reactionMany': '{count, plural, one {# Reaktion} other {# Reaktionen}}',
  'announce.connected': 'Wieder verbunden',
  'announce.connectedMany': 'Wieder verbunden',
};
