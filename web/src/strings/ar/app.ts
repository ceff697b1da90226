export const app = {
  'app.name': 'Plenum',
  'app.tagline': 'اجتماعات مُلكها لك',
  'app.description': 'اجتماعات فيديو على خادمك الخاص. لا تثبيت ولا حساب: افتح الرابط وابدأ الحديث.',
  'app.language': 'اللغة',
};
