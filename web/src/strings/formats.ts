/** Dates and times in the person's own way of writing, and by default in their own zone. */
import { currentLanguage } from './index.js';

function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(currentLanguage().locale, options);
}

/** Day, month and year. */
export function dateText(rfc3339: string): string {
  return formatOf({ dateStyle: 'medium' }).format(new Date(rfc3339));
}

export function dateTimeText(rfc3339: string): string {
  return formatOf({ dateStyle: 'medium', timeStyle: 'short' }).format(new Date(rfc3339));
}

/** To the second, for what happens while somebody looks. */
export function momentText(rfc3339: string): string {
  return formatOf({ dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(rfc3339));
}

/** Of a share from 0 to 1: `42 %`, and `0.03 %` of little. */
export function percentText(share: number): string {
  const maximumFractionDigits = share > 0 && share < 0.01 ? 2 : 0;
  const options = { style: 'percent', maximumFractionDigits } as const;
  return new Intl.NumberFormat(currentLanguage().locale, options).format(share);
}

/** `Fri, 27 Nov 2026, 10:00 – 11:00`: what both ends share is written once. */
export function spanText(from: string, to: string, timeZone?: string): string {
  const format = formatOf({
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    ...(timeZone ? { timeZone } : {}),
  });
  return format.formatRange(new Date(from), new Date(to));
}

/** Do both zones show the same time at that moment? */
export function isSameTime(rfc3339: string, zone: string, other: string): boolean {
  const at = new Date(rfc3339);
  const shown = (timeZone: string) =>
    new Intl.DateTimeFormat('en', { dateStyle: 'short', timeStyle: 'short', timeZone }).format(at);
  return shown(zone) === shown(other);
}

/** `Europe/Berlin (GMT+1)`, the same in every language: a name of the IANA database is one. */
export function zoneText(zone: string): string {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' });
  const parts = format.formatToParts();
  const offset = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return `${zone.replaceAll('_', ' ')} (${offset})`;
}

/** `Ada, Bo and Cy`. */
export function listText(names: readonly string[]): string {
  const format = new Intl.ListFormat(currentLanguage().locale, { type: 'conjunction' });
  return format.format(names);
}

/** Of recorded time: `4:05`, `1:02:03`. */
export function lengthText(ms: number): string {
  const { locale } = currentLanguage();
  const two = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2 });
  const plain = new Intl.NumberFormat(locale, { useGrouping: false });
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const rest = two.format(seconds % 60);
  return hours === 0
    ? `${plain.format(minutes)}:${rest}`
    : `${plain.format(hours)}:${two.format(minutes)}:${rest}`;
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `4.2 MB`: by thousands, as browsers and disks count. */
export function sizeText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** power;
  return new Intl.NumberFormat(currentLanguage().locale, {
    style: 'unit',
    unit: units[power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
}

/** Of a speed: `1.25`. */
export function numberText(value: number): string {
  return new Intl.NumberFormat(currentLanguage().locale).format(value);
}
