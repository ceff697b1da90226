import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { systemClock } from '../clock.js';
import { systemIds } from '../ids.js';
import { testFolder } from '../testing/test-database.js';
import { openMailer } from './open-mailer.js';

const ids = systemIds(systemClock);
const from = 'Plenum <plenum@example.org>';
const mail = {
  to: 'ada@example.org',
  subject: 'Grüße',
  text: 'A link:\n\nhttps://x/reset#t=abc\n',
};

t.test('files: one per mail, for their owner alone', async (t) => {
  const folder = join(testFolder(t), 'mail');
  const mailer = openMailer({ url: 'file:', from, folder, ids });
  await mailer.send(mail);
  await mailer.send(mail);
  const files = readdirSync(folder);
  t.equal(files.length, 2);
  const file = join(folder, files[0] as string);
  t.match(file, /\.eml$/);
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.equal(statSync(folder).mode & 0o777, 0o700);
  const text = readFileSync(file, 'utf8');
  t.match(text, /^From: Plenum <plenum@example\.org>\r?$/m);
  t.match(text, /^To: ada@example\.org\r?$/m);
  t.match(text, /^Subject: =\?UTF-8\?/m);
  t.match(text, /https:\/\/x\/reset#t=3?D?abc/);
});

t.test('files in a folder of their own', async (t) => {
  const folder = join(testFolder(t), 'elsewhere');
  await openMailer({ url: pathToFileURL(folder).href, from, folder: '/nowhere', ids }).send(mail);
  t.equal(readdirSync(folder).length, 1);
});

t.test('an address is one address, whatever stands in it', async (t) => {
  const folder = join(testFolder(t), 'mail');
  const mailer = openMailer({ url: 'file:', from, folder, ids });
  await mailer.send({ ...mail, to: 'victim,eve@evil.example' });
  const [file] = readdirSync(folder);
  const text = readFileSync(join(folder, file as string), 'utf8');
  t.equal(text.match(/^To: /gm)?.length, 1);
  t.notMatch(text, /^To: .*(victim|eve), /m);
});

/** An SMTP server of the least kind (RFC 5321): it takes what it is told, and keeps it. */
async function smtpServer(t: Test) {
  const heard: string[] = [];
  const server = createServer((socket) => {
    let inText = false;
    socket.on('error', () => {});
    socket.write('220 ready\r\n');
    createInterface({ input: socket }).on('line', (line) => {
      heard.push(line);
      if (inText) {
        if (line !== '.') return;
        inText = false;
      } else if (line === 'DATA') {
        inText = true;
        socket.write('354 go on\r\n');
        return;
      }
      socket.write('250 ok\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { heard, port: (server.address() as { port: number }).port };
}

type Test = Parameters<typeof testFolder>[0];

t.test('SMTP: one recipient', async (t) => {
  const { heard, port } = await smtpServer(t);
  const url = `smtp://127.0.0.1:${port}`;
  await openMailer({ url, from, folder: '', ids }).send(mail);
  t.ok(heard.includes('MAIL FROM:<plenum@example.org>'));
  t.strictSame(
    heard.filter((line) => line.startsWith('RCPT')),
    ['RCPT TO:<ada@example.org>'],
  );
  t.match(heard.join('\n'), /reset#t=/);
});

t.test('no link leaves the machine without TLS', async (t) => {
  const { heard, port } = await smtpServer(t);
  // Another name for the same machine: to the mailer it is any host.
  const url = `smtp://[::ffff:127.0.0.1]:${port}`;
  await t.rejects(openMailer({ url, from, folder: '', ids }).send(mail));
  t.notMatch(heard.join('\n'), /MAIL FROM|reset#t=/);
  await openMailer({ url: `${url}?requireTLS=false`, from, folder: '', ids }).send(mail);
  t.match(heard.join('\n'), /reset#t=/, 'unless somebody says so');
});

t.test('a server that is not there is an error', async (t) => {
  const mailer = openMailer({ url: 'smtp://127.0.0.1:1', from, folder: '', ids });
  await t.rejects(mailer.send(mail));
});
