/** What is made of the costs over size. Nothing is measured. */
import t from 'tap';
import { axesFor, growth, nsPerDoubling } from '../../bench/scale/axes.js';
import { svgOfCharts } from '../../bench/scale/plot.js';

const points = [
  { at: 1, ns: 1000, idealNs: 500 },
  { at: 4, ns: 1200, idealNs: 500 },
  { at: 16, ns: 1400, idealNs: 500 },
];

t.test('slope and growth', (t) => {
  t.equal(nsPerDoubling(points, 'ns'), 100);
  t.equal(nsPerDoubling(points, 'idealNs'), 0);
  t.equal(growth(points, 4).toFixed(3), '0.167');
  t.end();
});

t.test('the load is about the same along an axis', (t) => {
  const [subscribers, rooms, shards] = axesFor(6);
  t.same(shards?.steps, [1, 2, 4, 6]);
  t.same(axesFor(1)[2]?.steps, [1]);
  for (const at of [10, 50, 1000]) {
    t.equal(at * (subscribers?.optionsAt(at).rate ?? 0), 160_000);
    t.equal(at * (rooms?.optionsAt(at).rate ?? 0), 16_000);
  }
  t.end();
});

t.test('a plot of every axis', (t) => {
  const svg = svgOfCharts([
    { title: 'subscribers', points },
    { title: 'rooms', points },
  ]);
  t.equal(svg.match(/<g /g)?.length, 2);
  t.notMatch(svg, /NaN|Infinity/);
  t.end();
});
