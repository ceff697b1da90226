/** Sends mail to one person. */
export interface Mailer {
  /** Resolves when it was handed on. @throws Error when nobody takes it. */
  send(mail: Mail): Promise<void>;
}

export interface Mail {
  /** One address, as a person typed it: it is data, never parsed as a list. */
  to: string;
  subject: string;
  /** Plain text; lines end with `\n`. */
  text: string;
}
