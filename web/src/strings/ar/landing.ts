export const landing = {
  'landing.new': 'اجتماع جديد',
  'landing.join': 'الانضمام برابط',
  'landing.field': 'رابط الاجتماع',
  'landing.go': 'انضمام',
  'landing.notALink': 'هذا ليس رابط اجتماع. شكل الرابط: {example}',
  'landing.creating': 'يجري إنشاء الاجتماع…',
};
