export const landing = {
  'landing.new': 'New meeting',
  'landing.join': 'Join with a link',
  'landing.field': 'Meeting link',
  'landing.go': 'Join',
  'landing.notALink': 'That is not a meeting link. It looks like {example}',
  'landing.creating': 'Making a meeting…',
} as const;
