import t from 'tap';
import { isSameTime, spanText, zoneText } from './formats.js';
import { takeLanguage } from './index.js';

t.afterEach(() => takeLanguage('en', []));

t.test('a span in a zone, in the way of the region', async (t) => {
  const [from, to] = ['2030-01-07T09:00:00.000Z', '2030-01-07T10:00:00.000Z'];
  t.match(spanText(from, to, 'Asia/Tokyo'), /Mon, Jan 7, 2030, 6:00\s–\s7:00\sPM/);
  await takeLanguage('de', ['de-AT']);
  t.match(spanText(from, to, 'Europe/Vienna'), /Mo., 7. Jän(ner|\.?) 2030, 10:00/);
});

t.test('zones that show the same time need not both be told', (t) => {
  const winter = '2030-01-07T09:00:00.000Z';
  t.ok(isSameTime(winter, 'Europe/Berlin', 'Europe/Rome'));
  t.notOk(isSameTime(winter, 'Europe/Berlin', 'Europe/London'));
  t.ok(isSameTime(winter, 'Africa/Lagos', 'Europe/Berlin'), 'without summer time there');
  t.notOk(isSameTime('2030-07-07T09:00:00.000Z', 'Africa/Lagos', 'Europe/Berlin'));
  t.end();
});

t.test('a zone tells its offset', (t) => {
  t.equal(zoneText('America/Argentina/Buenos_Aires'), 'America/Argentina/Buenos Aires (GMT-3)');
  t.end();
});
