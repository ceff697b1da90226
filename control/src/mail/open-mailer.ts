import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';
import { isLoopback } from '../config.js';
import type { Ids } from '../ids.js';
import type { Mail, Mailer } from './mailer.js';

export interface MailerOptions {
  /** `smtp:`, `smtps:` (RFC 8314), or `file:`. */
  url: string;
  /** The sender, `Name <address>`. */
  from: string;
  /** Where `file:` without a path writes. */
  folder: string;
  ids: Ids;
}

/** A server that does not answer is given up after this. */
const patienceMs = 10_000;

/** What sends mail, by the scheme of the URL. */
export function openMailer(options: MailerOptions): Mailer {
  return new URL(options.url).protocol === 'file:'
    ? new FileMailer(options)
    : new SmtpMailer(options);
}

/** One message as nodemailer wants it: the address is one, whatever stands in it. */
function messageOf({ to, subject, text }: Mail, from: string) {
  return { from, to: { name: '', address: to }, subject, text };
}

/**
 * SMTP. Off this machine only over TLS, since the links are secrets (`?requireTLS=false` in the URL
 * says otherwise).
 */
class SmtpMailer implements Mailer {
  private readonly transport: ReturnType<typeof createTransport>;

  constructor(private readonly options: MailerOptions) {
    const { hostname } = new URL(options.url);
    this.transport = createTransport({
      url: options.url,
      requireTLS: !isLoopback(hostname),
      connectionTimeout: patienceMs,
      greetingTimeout: patienceMs,
      socketTimeout: patienceMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async send(mail: Mail): Promise<void> {
    await this.transport.sendMail(messageOf(mail, this.options.from));
  }
}

/** One file per mail (RFC 5322), which only its user can read: whoever reads it has the link. */
class FileMailer implements Mailer {
  private readonly transport = createTransport({ streamTransport: true, buffer: true });
  private readonly folder: string;

  constructor(private readonly options: MailerOptions) {
    const { pathname } = new URL(options.url);
    this.folder = pathname === '' || pathname === '/' ? options.folder : fileURLToPath(options.url);
  }

  async send(mail: Mail): Promise<void> {
    const { message } = await this.transport.sendMail(messageOf(mail, this.options.from));
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const handle = await open(join(this.folder, `${this.options.ids.next()}.eml`), 'wx', 0o600);
    try {
      await handle.writeFile(message as Buffer);
    } finally {
      await handle.close();
    }
  }
}
