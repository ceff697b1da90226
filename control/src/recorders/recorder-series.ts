/** What a recorder counts, under the names of the API contract §9. */
const named: Readonly<Record<string, string>> = {
  recorder_backlog_bytes: 'plenum_recorder_upload_backlog_bytes',
};

/** Of recorder/: `recorder_tracks`, `render_cpu_seconds_total`; others in the same way. */
export function recorderSeries(counters: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters).map(([name, value]) => [named[name] ?? `plenum_${name}`, value]),
  );
}
