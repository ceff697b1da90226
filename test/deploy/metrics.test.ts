import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { createMeeting, enter } from '../../control/src/testing/test-client.js';
import { discard, eventually, startPlenum } from '../e2e/support/plenum.js';
import { Client } from '../interop/support/client.js';
import { hostMeeting } from '../interop/support/meeting.js';
import { fleetPages } from './support/pages.js';
import { deploy } from './support/places.js';
import { shipped, startPrometheus } from './support/prometheus.js';

/** Shown for clients that measure their way (transport-wide feedback): browsers, and none comes here. */
const ofBrowsers = ['plenum_sfu_estimate_bps'];
/** Of Prometheus itself, and of the exporters that prometheus.yml names. */
const ofOthers = [
  ...['up', 'pg_stat_replication_pg_wal_lsn_diff', 'pg_stat_archiver_last_archive_age'],
  ...['node_filesystem_avail_bytes', 'node_filesystem_size_bytes'],
];

interface Board {
  title: string;
  panels: { title: string; targets: { expr: string }[] }[];
}

interface Rule {
  record?: string;
  alert?: string;
  expr: string;
  annotations?: { runbook: string };
}

const folder = join(deploy, 'grafana', 'boards');
const boards = readdirSync(folder).map(
  (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Board,
);
const queries = boards.flatMap(({ title, panels }) =>
  panels.flatMap((panel) =>
    panel.targets.map(({ expr }) => ({ name: `${title}, ${panel.title}`, expr })),
  ),
);
const rules = ['rules.yml', 'alerts.yml'].flatMap((file) => {
  const { groups } = parse(readFileSync(join(shipped, file), 'utf8')) as {
    groups: { rules: Rule[] }[];
  };
  return groups.flatMap((group) => group.rules);
});

/** The names of series in an expression: of words those that are no label, function or keyword. */
function namesIn(expression: string): string[] {
  const bare = expression
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(?:by|on)\s*\([^)]*\)/g, '')
    .replace(/"[^"]*"/g, '');
  const words = bare.match(/[a-zA-Z_:][\w:]*(?!\w|\s*\()/g) ?? [];
  return words.filter((word) => /[_:]|^up$/.test(word));
}

const familyOf = (name: string) => name.replace(/_(bucket|sum|count)$/, '');
const isMissing = (expression: string): boolean =>
  namesIn(expression).some((name) => {
    const recorded = rules.find(({ record }) => record === name);
    return (
      ofBrowsers.includes(familyOf(name)) || (recorded !== undefined && isMissing(recorded.expr))
    );
  });

const plenum = await startPlenum();
t.teardown(() => discard(plenum));
const metrics = async () => (await fetch(`${plenum.adminUrl}metrics`)).text();

/** Somebody who writes, somebody who publishes and somebody who watches: every series has something to say. */
async function busy(): Promise<void> {
  const origin = plenum.url.replace(/\/$/, '');
  const { client } = await enter(origin, await createMeeting(origin));
  await client.ask('chat.send', { body: 'hello' });
  t.teardown(() => client.send('bye', {}));
  const meeting = await hostMeeting(plenum.url);
  const [publishing, viewing] = [await meeting.makeKey('publish'), await meeting.makeKey('view')];
  const publisher = new Client('aiortc_whip.py', [publishing.url, publishing.key]);
  t.teardown(() => publisher.kill());
  await publisher.hear('connected');
  const viewer = new Client('aiortc_whep.py', [viewing.url, viewing.key, '1000000', '1000000']);
  t.teardown(() => viewer.kill());
  await eventually('both are connected', async () =>
    /^plenum_node_transports\{state="connected"\} [2-9]/m.test(await metrics()) ? true : undefined,
  );
}

t.test('with people in it', async (t) => {
  await busy();

  t.test('promtool has nothing to say about /metrics', async (t) => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await metrics(),
      encoding: 'utf8',
    });
    t.equal(`${stdout}${stderr}`, '');
    t.equal(status, 0);
  });

  t.test('boards and rules ask for series that there are', async (t) => {
    const pages = [await metrics(), ...Object.values(await fleetPages(t))].join('\n');
    const types = pages.matchAll(/^# TYPE (\S+)/gm);
    const shown = new Set([...types].map(([, name]) => name as string));
    const recorded = rules.flatMap(({ record }) => record ?? []);
    const known = new Set([...shown, ...recorded, ...ofBrowsers, ...ofOthers]);
    for (const { name, expr } of [
      ...queries,
      ...rules.map(({ record, alert, expr }) => ({ name: record ?? alert ?? '', expr })),
    ]) {
      const strange = namesIn(expr).filter((one) => !known.has(one) && !known.has(familyOf(one)));
      t.strictSame(strange, [], name);
      t.ok(namesIn(expr).length > 0, name);
    }
  });

  t.test('every query of the boards has an answer', async (t) => {
    const count = await startPrometheus(t, new URL(plenum.adminUrl).host);
    const open = queries.filter(({ expr }) => !isMissing(expr));
    t.comment(`${open.length} of ${queries.length} queries, others wait for browsers`);
    for (const { name, expr } of open) {
      const asked = expr.replaceAll('$region', '.*').replaceAll('$__rate_interval', '1m');
      await eventually(name, async () => ((await count(asked)) > 0 ? true : undefined));
      t.pass(name);
    }
    for (const { expr } of rules.filter(({ alert }) => alert)) await count(expr);
  });
});

t.test('promtool understands rules and configuration', (t) => {
  for (const words of [
    ['check', 'rules', join(shipped, 'rules.yml'), join(shipped, 'alerts.yml')],
    ['check', 'config', '--syntax-only', join(shipped, 'prometheus.yml')],
  ]) {
    const { status, stdout, stderr } = spawnSync('promtool', words, { encoding: 'utf8' });
    t.equal(status, 0, `${stdout}${stderr}`);
  }
  t.end();
});

t.test('every alert leads to a runbook that is there', (t) => {
  const page = readFileSync(join(deploy, '..', 'docs', 'operations.md'), 'utf8');
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  for (const { alert, annotations } of rules.filter((rule) => rule.alert !== undefined)) {
    const [file, heading] = annotations?.runbook.split('#') ?? [];
    t.equal(file, 'operations.md');
    t.ok(headings.includes(heading as string), `${alert}: ${heading}`);
  }
  t.end();
});
