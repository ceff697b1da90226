import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { maskedUrl, printed } from './print.js';
import { readSettings } from './read.js';

t.test('of a URL what is no secret is shown', async (t) => {
  t.equal(maskedUrl('postgres://me:hunter2@db/plenum'), 'postgres://me:****@db/plenum');
  t.equal(maskedUrl('redis://:hunter2@cache:6379'), 'redis://:****@cache:6379');
  t.equal(
    maskedUrl('postgres://db/x?password=hunter2&ssl=true'),
    'postgres://db/x?password=****&ssl=****',
  );
  t.equal(maskedUrl('smtp://me:p@ss@mail'), 'smtp://me:****@mail');
  t.equal(maskedUrl('kafkas://me:p%40s@a:1,b:2/events'), 'kafkas://me:****@a:1,b:2/events');
  t.equal(maskedUrl('embedded:'), 'embedded:');
});

t.test('what is printed is a file of the same configuration', async (t) => {
  const folder = t.testdir({
    'plenum.yaml': [
      'http: {origin: "https://meet.example", allowed_origins: ["https://a.example"]}',
      'media: {announce: "[2001:db8::1]:4000", max_load: none}',
      'keys: {secret: "pass:hunter2 hunter2 hunter2 hunter2 hunter2"}',
      'mail: {url: "smtp://me:hunter2@mail.example"}',
      'oidc: [{id: ours, name: "Our: login", issuer: "https://id.example", client_id: plenum}]',
    ].join('\n'),
  });
  const environment = {
    PLENUM_CONFIG: join(folder, 'plenum.yaml'),
    PLENUM_OIDC_OURS_CLIENT_SECRET: 'kc:hunter2',
    PLENUM_MEETINGS_ANONYMOUS: 'false',
  };
  const reading = readSettings(['--port', '9000'], environment);
  const text = printed(reading);
  t.notMatch(text, /hunter2/);
  t.match(text, /^ {2}port: 9000 {2}# --port$/m);
  t.match(text, /^ {2}origin: https:\/\/meet.example {2}# plenum.yaml:1: http.origin$/m);
  t.match(text, /^ {2}anonymous: false {2}# PLENUM_MEETINGS_ANONYMOUS$/m);
  t.match(text, /^ {2}level: info {2}# default$/m);
  t.match(text, /^ {4}client_secret: "?\*{4}"? {2}# PLENUM_OIDC_OURS_CLIENT_SECRET$/m);

  const again = join(folder, 'again.yaml');
  writeFileSync(again, text);
  const { config } = readSettings(['--config', again], {});
  const secrets = {
    keys: { secret: '****' },
    mail: { ...config.mail, url: 'smtp://me:****@mail.example' },
    oidc: [{ ...config.oidc[0], clientSecret: '****' }],
  };
  t.strictSame(config, { ...reading.config, ...secrets });
});
