import t from 'tap';
import { editDistance, nearestPath, nearestWord } from './nearest.js';

t.test('how many changes lie between two words', async (t) => {
  const cases: [string, string, number][] = [
    ['port', 'port', 0],
    ['prot', 'port', 1],
    ['por', 'port', 1],
    ['ports', 'port', 1],
    ['pory', 'port', 1],
    ['', 'port', 4],
    ['kitten', 'sitting', 3],
  ];
  for (const [one, other, distance] of cases) {
    t.equal(editDistance(one, other), distance, `${one} ${other}`);
    t.equal(editDistance(other, one), distance, `${other} ${one}`);
  }
});

t.test('what somebody meant', async (t) => {
  const paths = ['http.port', 'media.port', 'http.host', 'accounts.sign_up', 'http'];
  t.equal(nearestPath('http.prot', paths), 'http.port');
  t.equal(nearestPath('media.prot', paths), 'media.port');
  t.equal(nearestPath('http.signup', paths), 'accounts.sign_up');
  t.equal(nearestPath('htp', paths), 'http');
  t.equal(nearestWord('--prot', ['--host', '--port']), '--port');
});
