/**
 * Session descriptions as data (RFC 8866), nothing interpreted. `writeSdp(parseSdp(text))` gives
 * back the text of every description that follows the RFC's order of lines, which all browsers do.
 */
import { reject } from './reject.js';

export interface Attribute {
  name: string;
  /** null: a flag such as `a=rtcp-mux`. */
  value: string | null;
}

/** A line that is neither `m=` nor `a=`, such as `c=IN IP4 0.0.0.0`. */
export interface Line {
  type: string;
  value: string;
}

export interface Section {
  lines: Line[];
  attributes: Attribute[];
}

export interface Media extends Section {
  /** `audio`, `video`, `application` … */
  kind: string;
  port: number;
  protocol: string;
  /** Payload types, or what the protocol has in their place. */
  formats: string[];
}

/** `lines` of the session begin with `o=`; `v=0` is implied. */
export interface Session extends Section {
  media: Media[];
}

/** Longer texts are refused unread: the signaling limit of an SDP message. */
const MAX_TEXT_LENGTH = 256 * 1024;
/** m-lines of one session. More than any client has tracks; each costs state on both sides. */
const MAX_MEDIA = 256;

const MEDIA_LINE = /^([a-z]{1,16}) (\d{1,5}) ([A-Z][A-Za-z/]{0,31})((?: [!-~]{1,32}){1,128})$/;
const ATTRIBUTE = /^([!-9;-~]{1,64})(?::(.*))?$/;

/** @throws PlenumError `sdp_rejected`. */
export function parseSdp(text: string): Session {
  if (text.length > MAX_TEXT_LENGTH) reject(`longer than ${MAX_TEXT_LENGTH} characters`);
  const rows = text.split(/\r?\n/);
  if (rows.pop() !== '') reject('the last line has no end');
  if (rows[0] !== 'v=0') reject('the first line is not v=0');
  const session: Session = { lines: [], attributes: [], media: [] };
  let section: Section = session;
  for (const row of rows.slice(1)) section = readLine(row, section, session);
  checkSessionLines(session.lines);
  return session;
}

/**
 * Lines of a description without its head (RFC 8840 §9.2): attributes, then m-lines with theirs.
 * The last line may lack its end. @throws PlenumError `sdp_rejected`.
 */
export function parseFragment(text: string): Session {
  if (text.length > MAX_TEXT_LENGTH) reject(`longer than ${MAX_TEXT_LENGTH} characters`);
  const rows = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const session: Session = { lines: [], attributes: [], media: [] };
  let section: Section = session;
  for (const row of rows) section = readLine(row, section, session);
  return session;
}

/** Returns the section that the following lines belong to. */
function readLine(row: string, section: Section, session: Session): Section {
  const type = row[0] ?? '';
  const value = row.slice(2);
  if (!/^[a-z]=/.test(row)) reject('a line is not of the form <letter>=<value>');
  if (hasControlCharacter(value)) reject('a line holds a control character');
  if (type === 'm') return openMedia(value, session);
  if (type === 'a') section.attributes.push(parseAttribute(value));
  else section.lines.push({ type, value });
  return section;
}

function hasControlCharacter(value: string): boolean {
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

function openMedia(value: string, session: Session): Media {
  const [, kind = '', port = '', protocol = '', formats = ''] = MEDIA_LINE.exec(value) ?? [];
  if (kind === '' || Number(port) > 0xffff) reject('a malformed m-line');
  if (session.media.length === MAX_MEDIA) reject(`more than ${MAX_MEDIA} m-lines`);
  const media: Media = {
    kind,
    port: Number(port),
    protocol,
    formats: formats.trim().split(' '),
    lines: [],
    attributes: [],
  };
  session.media.push(media);
  return media;
}

function parseAttribute(text: string): Attribute {
  const match = ATTRIBUTE.exec(text);
  if (!match) reject('a malformed attribute');
  return { name: match[1] as string, value: match[2] ?? null };
}

function checkSessionLines(lines: readonly Line[]): void {
  const origin = lines[0];
  const isOrigin =
    origin?.type === 'o' && /^\S+ \d{1,20} \d{1,20} IN IP[46] \S+$/.test(origin.value);
  if (!isOrigin) reject('the second line is no origin');
  if (lines[1]?.type !== 's') reject('the third line is no session name');
  if (!lines.some((line) => line.type === 't')) reject('no time line');
}

/** Lines end in CRLF. */
export function writeSdp(session: Session): string {
  return `v=0\r\n${writeFragment(session)}`;
}

/** The same without `v=0`. */
export function writeFragment(session: Session): string {
  const rows = sectionRows(session);
  for (const media of session.media) {
    const { kind, port, protocol, formats } = media;
    rows.push(`m=${kind} ${port} ${protocol} ${formats.join(' ')}`, ...sectionRows(media));
  }
  return `${rows.join('\r\n')}\r\n`;
}

function sectionRows({ lines, attributes }: Section): string[] {
  return [
    ...lines.map(({ type, value }) => `${type}=${value}`),
    ...attributes.map(({ name, value }) => `a=${name}${value === null ? '' : `:${value}`}`),
  ];
}

/** The value of the first attribute of this name; '' for a flag, undefined when there is none. */
export function attributeOf(section: Section, name: string): string | undefined {
  const found = section.attributes.find((attribute) => attribute.name === name);
  return found && (found.value ?? '');
}

export function attributesOf(section: Section, name: string): string[] {
  return section.attributes
    .filter((attribute) => attribute.name === name)
    .map((attribute) => attribute.value ?? '');
}
