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
};
