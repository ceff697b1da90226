/** The parts that addresses of several kinds share. */

export interface Endpoint {
  host: string;
  port: number;
}

/** `host`, `host:port`, `[address]:port`. Null: none of these. */
export function readEndpoint(text: string, defaultPort: number): Endpoint | null {
  const [, bracketed, plain, digits] =
    /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d+))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? defaultPort : Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
}

export interface Credentials {
  username?: string;
  password?: string;
}

/** `user:password`, percent-encoded; without a text there are none. Null: neither. */
export function readCredentials(text: string | undefined): Credentials | null {
  const [, username = '', password] = /^([^:]*):(.*)$/.exec(text ?? '') ?? [];
  if (password === undefined) return text === undefined ? {} : null;
  try {
    return {
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      password: decodeURIComponent(password),
    };
  } catch {
    return null;
  }
}
