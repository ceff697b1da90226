export const landing = {
  'landing.new': 'Neue Besprechung',
  'landing.join': 'Mit einem Link teilnehmen',
  'landing.field': 'Link der Besprechung',
  'landing.go': 'Teilnehmen',
  'landing.notALink': 'Das ist kein Link einer Besprechung. So sieht einer aus: {example}',
  'landing.creating': 'Besprechung wird angelegt…',
};
