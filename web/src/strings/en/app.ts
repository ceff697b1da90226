export const app = {
  'app.name': 'Plenum',
  'app.tagline': 'Meetings that belong to you',
  'app.description':
    'Video meetings on your own server. Nothing to install, no account: open a link and talk.',
  'app.language': 'Language',
} as const;
