export const announce = {
  'announce.joined': 'انضم {name}',
  'announce.joinedMany':
    '{count, plural, zero {لم ينضم أحد} one {انضم شخص} two {انضم شخصان} few {انضم # أشخاص} many {انضم # شخصًا} other {انضم # شخص}}',
  'announce.left': 'غادر {name}',
  'announce.leftMany':
    '{count, plural, zero {لم يغادر أحد} one {غادر شخص} two {غادر شخصان} few {غادر # أشخاص} many {غادر # شخصًا} other {غادر # شخص}}',
  'announce.chat': 'رسالة جديدة من {name}',
  'announce.chatMany':
    '{count, plural, zero {لا رسائل جديدة} one {رسالة جديدة} two {رسالتان جديدتان} few {# رسائل جديدة} many {# رسالة جديدة} other {# رسالة جديدة}}',
  'announce.sharing': 'يشارك {name} شاشة',
  'announce.sharingMany':
    '{count, plural, zero {لا شاشات مشارَكة} one {شاشة مشارَكة} two {شاشتان مشارَكتان} few {# شاشات مشارَكة} many {# شاشة مشارَكة} other {# شاشة مشارَكة}}',
  'announce.knock': '{name} ينتظر الانضمام',
  'announce.knockMany':
    '{count, plural, zero {لا أحد ينتظر} one {شخص ينتظر الانضمام} two {شخصان ينتظران الانضمام} few {# أشخاص ينتظرون الانضمام} many {# شخصًا ينتظرون الانضمام} other {# شخص ينتظرون الانضمام}}',
  'announce.hand': 'رفع {name} يده',
  'announce.handMany':
    '{count, plural, zero {لا أيدي مرفوعة} one {رُفعت يد} two {رُفعت يدان} few {رُفعت # أيدٍ} many {رُفعت # يدًا} other {رُفعت # يد}}',
  'announce.reaction': 'تفاعل {name}',
  'announce.reactionMany':
    '{count, plural, zero {لا تفاعلات} one {تفاعل} two {تفاعلان} few {# تفاعلات} many {# تفاعلًا} other {# تفاعل}}',
  'announce.connected': 'عاد الاتصال',
  'announce.connectedMany': 'عاد الاتصال',
};
