export const app = {
  'app.name': 'Plenum',
  'app.tagline': 'Besprechungen, die Ihnen gehören',
  'app.description':
    'Videobesprechungen auf dem eigenen Server. Nichts installieren, kein Konto: Link öffnen und reden.',
  'app.language': 'Sprache',
};
