import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';

/** What of chdb we use. */
interface Chdb {
  Session: new (folder: string) => { query(sql: string, format?: string): string };
}

interface Options {
  port: number;
  folder: string;
  /** Where its packages lie. */
  modules: string;
  /** The header that lets somebody in. */
  authorization: string;
}

/**
 * ClickHouse's HTTP interface, as much of it as a client needs: a statement in the address or the body,
 * rows behind it, settings as parameters. One statement at a time, as the engine is in this process.
 */
const options = JSON.parse(process.argv[2] ?? '') as Options;
const { Session } = createRequire(options.modules)('chdb') as Chdb;
const session = new Session(options.folder);
session.query('create database if not exists plenum');
session.query('use plenum');

/** Parameters that are no settings. */
const others = /^(query|query_id|database|session_id|user|password|default_format|role|param_.*)$/;

function statementOf(url: URL, body: string): string {
  const query = url.searchParams.get('query');
  if (query === null) return body;
  const settings = [...url.searchParams].filter(([name]) => !others.test(name));
  const named = settings.map(([name, value]) => `${name} = '${value.replace(/['\\]/g, '\\$&')}'`);
  const words = named.length === 0 ? '' : `settings ${named.join(', ')}`;
  const [, insert, format] = /^(insert into .*?)(format .*)$/is.exec(query) ?? [];
  if (insert === undefined) return `${query}\n${body}`;
  return `${insert} ${words} ${format}\n${body}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const bytes = Buffer.concat(await request.toArray());
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}

const server = createServer((request, response) => {
  // Who dies in a request gets no answer, and nothing was done.
  answer(request, response).catch(() => response.destroy());
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/ping') return response.end('Ok.\n');
  const body = await bodyOf(request);
  if (request.headers.authorization !== options.authorization) {
    return response.writeHead(401).end('Code: 516. DB::Exception: (AUTHENTICATION_FAILED)\n');
  }
  try {
    return response.end(session.query(statementOf(url, body), 'TabSeparated'));
  } catch (error) {
    const { message, clickhouseCode } = error as Error & { clickhouseCode?: number };
    response.writeHead(500, { 'x-clickhouse-exception-code': `${clickhouseCode ?? 1}` });
    return response.end(`Code: ${clickhouseCode ?? 1}. DB::Exception: ${message}\n`);
  }
}

server.listen(options.port, '127.0.0.1');
