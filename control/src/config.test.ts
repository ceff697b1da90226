import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ConfigError } from './config/config-error.js';
import { readSettings } from './config/read.js';
import { readConfig } from './config.js';

/** Nobody's own file counts. */
function configOf(args: string[], environment: NodeJS.ProcessEnv = {}) {
  return readConfig(args, { PLENUM_CONFIG: 'none', ...environment });
}

/** The configuration of a file of these lines. */
function fileOf(t: Test, ...lines: string[]): string {
  const file = join(t.testdir(), 'plenum.yaml');
  writeFileSync(file, lines.join('\n'));
  return file;
}

/** Everything that is wrong. */
function complaintsOf(args: string[], environment: NodeJS.ProcessEnv = {}): string[] {
  try {
    configOf(args, environment);
  } catch (error) {
    if (error instanceof ConfigError) return [...error.complaints];
    throw error;
  }
  return [];
}

t.test('defaults', async (t) => {
  const config = configOf([]);
  t.match(config, {
    http: {
      host: '127.0.0.1',
      port: 8080,
      adminHost: '127.0.0.1',
      adminPort: 8081,
      origin: null,
    },
    media: { host: '127.0.0.1', port: 40_000, tcpPort: 40_000, shards: 1, placement: 'together' },
    store: { url: 'embedded:' },
    bus: { url: 'memory:', prefix: 'plenum' },
    meetings: { anonymous: true },
    accounts: { signUp: true, adminSecondFactor: 'required' },
    limits: { requestsPerMinute: 60, keyRequestsPerMinute: 6000, chatBurst: 10 },
  });
  t.strictSame([config.http.allowedOrigins, config.oidc], [[], []]);
});

t.test('addresses to announce, with and without a port', async (t) => {
  const announced = (text: string) => configOf(['--announce', text]).media.announce;
  t.strictSame(announced('192.0.2.1'), { address: '192.0.2.1' });
  t.strictSame(announced('192.0.2.1:4000'), { address: '192.0.2.1', port: 4000 });
  t.strictSame(announced('2001:db8::1'), { address: '2001:db8::1' });
  t.strictSame(announced('[2001:db8::1]:4000'), { address: '2001:db8::1', port: 4000 });
});

t.test('TCP for media: on the same port, another one, or none', async (t) => {
  const portOf = (...args: string[]) => configOf(args).media.tcpPort;
  t.equal(portOf('--media-port', '5000'), 5000);
  t.equal(portOf('--media-tcp-port', '443'), 443);
  t.equal(portOf('--media-tcp-port', 'none'), null);
  t.throws(() => portOf('--media-tcp-port', 'some'), /--media-tcp-port/);
});

t.test('meetings without a login are for loopback, unless somebody says so', async (t) => {
  const isAnonymous = (host: string, environment = {}) =>
    configOf(['--host', host], environment).meetings.anonymous;
  t.equal(isAnonymous('0.0.0.0'), false);
  t.equal(isAnonymous('::1'), true);
  t.equal(isAnonymous('0.0.0.0', { PLENUM_MEETINGS_ANONYMOUS: 'true' }), true);
});

t.test('media threads: a number, or one per core', async (t) => {
  t.equal(configOf(['--shards', '4']).media.shards, 4);
  t.ok(configOf(['--shards', 'auto']).media.shards >= 1);
  for (const text of ['0', '33', '1.5', 'many']) {
    t.throws(() => configOf(['--shards', text]), /--shards/);
  }
  t.equal(configOf([], { PLENUM_MEDIA_PLACEMENT: 'apart' }).media.placement, 'apart');
  t.throws(() => configOf([], { PLENUM_MEDIA_PLACEMENT: 'near' }), /PLACEMENT/);
});

t.test('how busy a media thread may be', async (t) => {
  t.equal(configOf([]).media.maxLoad, 0.8);
  t.equal(configOf(['--max-load', '0.5']).media.maxLoad, 0.5);
  t.equal(configOf(['--max-load', 'none']).media.maxLoad, null);
  for (const text of ['0', '80', '', 'much']) {
    t.throws(() => configOf([`--max-load=${text}`]), /--max-load/);
  }
});

t.test('bytes of a disk', async (t) => {
  const { recorder } = configOf([], { PLENUM_RECORDER_RESERVE_BYTES: '500000000000' });
  t.equal(recorder.reserveBytes, 500_000_000_000);
});

t.test('what does not fit is refused by name', async (t) => {
  t.strictSame(complaintsOf(['--port', '70000']), ['--port: 70000 is not a port, 0 to 65535']);
  t.match(complaintsOf(['stray']), [/^stray: not understood/]);
  t.match(complaintsOf(['--prot', '1']), [/--prot: there is no such option.*--port$/]);
  t.match(complaintsOf(['--port']), [/--port: has no value/]);
  t.match(complaintsOf([], { PLENUM_MEETINGS_ANONYMOUS: 'yes' }), [/ANONYMOUS: yes is not `true`/]);
  t.match(complaintsOf([], { PLENUM_LIMITS_REQUESTS_PER_MINUTE: '0' }), [/REQUESTS/]);
  t.match(complaintsOf([], { PLENUM_HTTP_ORIGIN: 'meet.example.org' }), [/ORIGIN/]);
  t.match(complaintsOf([], { PLENUM_HTTP_TRUSTED_PROXIES: '10.0.0.0/33' }), [/PROXIES/]);
  t.match(complaintsOf([], { PLENUM_OBJECTS_URL: 's3:bucket' }), [/OBJECTS_URL/]);
  t.match(complaintsOf(['--port', 'a', '--shards', 'b'], { PLENUM_LOG_LEVEL: 'c' }), [
    /--port/,
    /--shards/,
    /LOG_LEVEL/,
  ]);
});

t.test('a variable of one of our sections has to be a setting', async (t) => {
  t.match(complaintsOf([], { PLENUM_HTTP_PROT: '1' }), [/no such setting.*PLENUM_HTTP_PORT$/]);
  t.strictSame(complaintsOf([], { PLENUM_E2E_SHARDS: '2', PLENUM_HTTP_ORIGIN: '' }), []);
});

t.test('an option counts more than the environment, that more than the file', async (t) => {
  const file = fileOf(t, 'http:', '  port: 1', '  admin_port: 1', 'log:', '  level: warn');
  const environment = { PLENUM_CONFIG: file, PLENUM_HTTP_ADMIN_PORT: '2', PLENUM_HTTP_PORT: '2' };
  const { config, said } = readSettings(['--port', '3'], environment);
  t.match(config, { http: { port: 3, adminPort: 2 }, log: { level: 'warn' } });
  t.equal(said.get('http.port'), '--port');
  t.equal(said.get('http.admin_port'), 'PLENUM_HTTP_ADMIN_PORT');
  t.equal(said.get('log.level'), 'plenum.yaml:5: log.level');
  t.equal(said.get('http.host'), undefined);
});

t.test('the file: named by option or variable, or found in the data folder', async (t) => {
  const file = fileOf(t, 'http: { port: 1 }');
  t.equal(readConfig(['--config', file], {}).http.port, 1);
  t.equal(readConfig(['--config', file], { PLENUM_CONFIG: 'none' }).http.port, 1);
  t.equal(readConfig(['--data', t.testdirName], {}).http.port, 1);
  t.equal(readConfig([], { PLENUM_DATA_FOLDER: t.testdirName }).http.port, 1);
  t.equal(readConfig(['--data', join(t.testdirName, 'other')], {}).http.port, 8080);
  t.match(complaintsOf(['--config', `${file}.none`]), [/no such file/]);
});

t.test('every setting can stand in the file; comments alone are a file too', async (t) => {
  const file = fileOf(
    t,
    '# ours',
    'http:',
    '  allowed_origins: [https://a.example, https://b.example]',
    '  origin: https://meet.example/',
    'media: { tcp_port: none, announce: "[2001:db8::1]:4000", max_load: 0.5 }',
    'accounts:',
    '  sign_up: false',
    'meetings:',
  );
  t.match(readConfig(['--config', file], {}), {
    http: {
      allowedOrigins: ['https://a.example', 'https://b.example'],
      origin: 'https://meet.example',
    },
    media: { tcpPort: null, announce: { address: '2001:db8::1', port: 4000 }, maxLoad: 0.5 },
    accounts: { signUp: false },
  });
  t.equal(readConfig(['--config', fileOf(t, '# nothing')], {}).http.port, 8080);
});

t.test('what the file must not hold is told with its line and what was meant', async (t) => {
  const cases: [lines: string[], complaint: RegExp][] = [
    [['http:', '  prot: 1'], /^plenum.yaml:2: http.prot is no setting; the nearest is http.port$/],
    [['htpt:', '  port: 1'], /^plenum.yaml:1: htpt is no section; the nearest is http$/],
    [['port: 1'], /^plenum.yaml:1: port is no section; the nearest is http.port$/],
    [['http:', '  sign_up: true'], /nearest is accounts.sign_up$/],
    [['http:', '', '  port: 70000'], /^plenum.yaml:3: http.port: 70000 is not a port/],
    [['http:', '  port: [1, 2]'], /^plenum.yaml:2: http.port has to be one value/],
    [['http:', '  port:'], /^plenum.yaml:2: http.port has no value/],
    [['http: 80'], /^plenum.yaml:1: http has to hold names with values/],
    [['http:', '  port: 1', '  port: 2'], /^plenum.yaml:3: .*unique/],
    [['http: {port: 1'], /^plenum.yaml:1: /],
    [['- http'], /^plenum.yaml:1: the file has to hold/],
    [['http: {allowed_origins: [https://a.example/path]}'], /allowed_origins/],
    [['oidc: {}'], /^plenum.yaml:1: oidc has to be a list/],
    [['oidc:', '  - name: G'], /^plenum.yaml:2: a provider needs an id/],
    [['oidc:', '  - id: g', '    isuer: x'], /:3: isuer is no field; the nearest is issuer/],
  ];
  for (const [lines, complaint] of cases) {
    const all = complaintsOf(['--config', fileOf(t, ...lines)]);
    t.match(all[0], complaint, lines.join('⏎'));
  }
});

t.test('a secret comes from the environment, a file of its own or a credential', async (t) => {
  const folder = t.testdir({ 'secret.txt': 'postgres://file\n', empty: '' });
  const urlOf = (environment: NodeJS.ProcessEnv) => configOf([], environment).store.url;
  const asFile = { PLENUM_STORE_URL_FILE: join(folder, 'secret.txt') };
  t.equal(urlOf({ PLENUM_STORE_URL: 'postgres://name' }), 'postgres://name');
  t.equal(urlOf({ DATABASE_URL: 'postgres://alias' }), 'postgres://alias');
  t.equal(urlOf(asFile), 'postgres://file');
  t.equal(urlOf({ DATABASE_URL_FILE: asFile.PLENUM_STORE_URL_FILE }), 'postgres://file');

  const credentials = join(folder, 'credentials');
  mkdirSync(credentials);
  writeFileSync(join(credentials, 'store.url'), 'postgres://credential');
  t.equal(urlOf({ CREDENTIALS_DIRECTORY: credentials }), 'postgres://credential');
  t.equal(urlOf({ CREDENTIALS_DIRECTORY: credentials, ...asFile }), 'postgres://file');
  t.equal(urlOf({ CREDENTIALS_DIRECTORY: join(folder, 'none') }), 'embedded:');

  t.match(complaintsOf([], { ...asFile, DATABASE_URL: 'postgres://b' }), [/one of them is enough/]);
  t.match(complaintsOf([], { PLENUM_MAIL_URL_FILE: join(folder, 'no') }), [/cannot be read/]);
  t.match(complaintsOf([], { PLENUM_MAIL_URL_FILE: join(folder, 'empty') }), [/is empty/]);
  t.match(complaintsOf([], { PLENUM_HTTP_PORT_FILE: folder }), [/no such setting/], 'no secret');
});

t.test('a complaint about a secret does not show it', async (t) => {
  const [complaint] = complaintsOf([], { DATABASE_URL: 'mysql://me:hunter2@there' });
  t.match(complaint, /^DATABASE_URL: the value is not a URL that begins with `embedded:`/);
});

t.test('OIDC providers: a list in the file, their secrets also elsewhere', async (t) => {
  const provider = ['oidc:', '  - id: my-idp', '    name: Ours', '    client_id: plenum'];
  const file = fileOf(t, ...provider, '    issuer: https://id.example');
  const secret = { PLENUM_OIDC_MY_IDP_CLIENT_SECRET: 'from the environment' };
  t.strictSame(configOf(['--config', file], secret).oidc, [
    {
      id: 'my-idp',
      name: 'Ours',
      issuer: 'https://id.example',
      clientId: 'plenum',
      clientSecret: 'from the environment',
      signUp: false,
    },
  ]);
  t.match(complaintsOf(['--config', file]), [
    /^oidc.my-idp.client_secret is missing \(or PLENUM_OIDC_MY_IDP_CLIENT_SECRET/,
  ]);
  const other = { ...secret, PLENUM_OIDC_OTHER_CLIENT_SECRET: 'x' };
  t.match(complaintsOf(['--config', file], other), [/OTHER_CLIENT_SECRET.*no such provider/]);
  const incomplete = fileOf(t, ...provider, '    client_secret: x');
  t.match(complaintsOf(['--config', incomplete]), [/oidc.my-idp.issuer is missing/]);
});
