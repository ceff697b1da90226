// The TypeScript half of tools/contract.mjs: types, encoders and decoders over lib/engine/contract-bytes.ts.
import { camel, comment, pascal } from './contract-names.mjs';

const tsTypes = {
  u8: 'number',
  u16: 'number',
  u32: 'number',
  i32: 'number',
  i64: 'number',
  f64: 'number',
  bool: 'boolean',
  handle: 'Handle',
  str: 'string',
  bytes: 'Uint8Array',
  packet: 'Uint8Array',
};
// Lists of these are columns: one typed array, not an object per item.
const columns = { u8: 'Uint8Array', u32: 'Uint32Array', i32: 'Int32Array', f64: 'Float64Array' };
const columnOf = ({ list, kind, name }) =>
  list && kind === 'primitive' ? columns[name] : undefined;
// Both are [u16 length][bytes]; the contract tells them apart for the reader's sake only.
const method = (name) => (name === 'packet' ? 'bytes' : name);

function tsType(type) {
  const { list, kind, name } = type;
  if (columnOf(type)) return columnOf(type);
  const item = kind === 'primitive' ? tsTypes[name] : name;
  return list ? `readonly ${item}[]` : item;
}

function readItem({ kind, name }) {
  if (kind === 'primitive') return `input.${method(name)}()`;
  if (kind === 'enum') return `input.choice(${enumList(name)})`;
  return `read${name}(input)`;
}

function writeItem({ kind, name }, value) {
  if (kind === 'primitive') return `output.${method(name)}(${value})`;
  if (kind === 'enum') return `output.choice(${enumList(name)}, ${value})`;
  return `write${name}(output, ${value})`;
}

/** `CommandStatus` → `commandStatusValues`. */
function enumList(name) {
  return `${name[0].toLowerCase()}${name.slice(1)}Values`;
}

function readField(type) {
  if (columnOf(type)) return `input.column(${columnOf(type)})`;
  return type.list ? `input.list(() => ${readItem(type)})` : readItem(type);
}

function writeField({ name, type }) {
  const value = `value.${camel(name)}`;
  if (columnOf(type)) return `output.column(${value});`;
  if (!type.list) return `${writeItem(type, value)};`;
  return `output.list(${value}, (item) => ${writeItem(type, 'item')});`;
}

function enumLines({ name, values }) {
  const list = enumList(name);
  return [
    `export const ${list} = [`,
    ...values.map((value) => `  '${value}',`),
    '] as const;',
    `export type ${name} = (typeof ${list})[number];`,
    '',
  ];
}

function doc(note, indent = '') {
  if (!note) return [];
  const lines = comment(note, `${indent} * `);
  if (lines.length === 1) return [`${indent}/** ${note} */`];
  return [`${indent}/**`, ...lines, `${indent} */`];
}

function fieldLines(fields) {
  return fields.flatMap((field) => [
    ...doc(field.note, '  '),
    `  ${camel(field.name)}: ${tsType(field.type)};`,
  ]);
}

function recordLines({ name, note, fields }) {
  return [
    ...doc(note),
    `export interface ${name} {`,
    ...fieldLines(fields),
    '}',
    '',
    `function read${name}(input: Reader): ${name} {`,
    '  return {',
    ...fields.map((field) => `    ${camel(field.name)}: ${readField(field.type)},`),
    '  };',
    '}',
    '',
    `function write${name}(output: Writer, value: ${name}): void {`,
    ...fields.map((field) => `  ${writeField(field)}`),
    '}',
    '',
  ];
}

function messageTypeLines({ name, note, fields }, suffix) {
  return [
    ...doc(note),
    `export interface ${pascal(name)}${suffix} {`,
    `  type: '${camel(name)}';`,
    ...fieldLines(fields),
    '}',
    '',
  ];
}

function unionLines(messages, suffix) {
  return [
    `export type ${suffix} =`,
    ...messages.map(({ name }) => `  | ${pascal(name)}${suffix}`),
    ';',
    '',
  ];
}

function formatLines(messages, suffix) {
  const entries = messages.flatMap(({ id, name, fields }) => [
    `  ${camel(name)}: {`,
    `    id: ${id},`,
    '    read: (input) => ({',
    `      type: '${camel(name)}',`,
    ...fields.map((field) => `      ${camel(field.name)}: ${readField(field.type)},`),
    '    }),',
    '    write: (output, value) => {',
    ...fields.map((field) => `      ${writeField(field)}`),
    '    },',
    '  },',
  ]);
  const table = `${suffix.toLowerCase()}Formats`;
  return [
    `const ${table}: Formats<${suffix}> = {`,
    ...entries,
    '};',
    `const ${suffix.toLowerCase()}ById = formatsById(${table});`,
    '',
  ];
}

function statsLines({ name, fields }) {
  return [
    `export interface ${name} {`,
    ...fields.map((field) => `  ${camel(field)}: ${field === 'handle' ? 'Handle' : 'number'};`),
    '}',
    '',
    `const ${enumList(name).replace('Values', 'Fields')} = [`,
    ...fields.map((field) => `  '${camel(field)}',`),
    `] as const satisfies readonly (keyof ${name})[];`,
    '',
  ];
}

const entryPoints = `/** One batch: \`[u32 batch id][u16 count]\`, then the commands. Throws RangeError for values out of range. */
export function encodeCommands(batch: number, commands: readonly Command[]): Uint8Array {
  const output = new Writer();
  output.u32(batch);
  output.u16(commands.length);
  for (const command of commands) writeFrame(output, commandFormats, command);
  return output.take();
}

/** The reverse of encodeCommands. Throws RangeError when the bytes are no batch. */
export function decodeCommands(bytes: Uint8Array): { batch: number; commands: Command[] } {
  const input = new Reader(bytes);
  const batch = input.u32();
  const commands = input.list(() => readFrame(input, commandById));
  if (!input.done) throw new RangeError('bytes follow the last command');
  return { batch, commands };
}

/** All events of one buffer, in order. Throws RangeError when the bytes are no events. */
export function decodeEvents(bytes: Uint8Array): Event[] {
  const input = new Reader(bytes);
  const events: Event[] = [];
  while (!input.done) events.push(readFrame(input, eventById));
  return events;
}

/** The reverse of decodeEvents. */
export function encodeEvents(events: readonly Event[]): Uint8Array {
  const output = new Writer();
  for (const event of events) writeFrame(output, eventFormats, event);
  return output.take();
}

export interface EngineStats {
  shards: ShardStats[];
  transports: TransportStats[];
  inbound: InboundStats[];
  outbound: OutboundStats[];
}

/** Reads what Engine.readStats wrote. Throws RangeError for another version or a short buffer. */
export function decodeStats(values: Float64Array): EngineStats {
  const [version, length = 0, shards = 0, transports = 0, inbound = 0, outbound = 0] = values;
  if (version !== CONTRACT_VERSION) throw new RangeError(\`statistics of version \${version}\`);
  if (length > values.length) throw new RangeError(\`\${length} values in \${values.length}\`);
  const input = new StatsReader(values, STATS_HEAD_LENGTH);
  return {
    shards: input.rows<ShardStats>(shards, shardStatsFields),
    transports: input.rows<TransportStats>(transports, transportStatsFields),
    inbound: input.rows<InboundStats>(inbound, inboundStatsFields),
    outbound: input.rows<OutboundStats>(outbound, outboundStatsFields),
  };
}

/** The reverse of decodeStats, for FakeEngine. */
export function encodeStats(stats: EngineStats): Float64Array {
  const { shards, transports, inbound, outbound } = stats;
  const rows = [
    ...shards.map((row) => shardStatsFields.map((field) => row[field])),
    ...transports.map((row) => transportStatsFields.map((field) => row[field])),
    ...inbound.map((row) => inboundStatsFields.map((field) => row[field])),
    ...outbound.map((row) => outboundStatsFields.map((field) => row[field])),
  ].flat();
  const counts = [shards.length, transports.length, inbound.length, outbound.length];
  return Float64Array.of(CONTRACT_VERSION, STATS_HEAD_LENGTH + rows.length, ...counts, ...rows);
}`;

/** The text of lib/engine/contract.gen.ts. */
export function generateTs(model) {
  return `${[
    '// Generated by tools/contract.mjs from native/engine/contract.json. Do not edit.',
    'import {',
    '  type Formats,',
    '  formatsById,',
    '  Reader,',
    '  readFrame,',
    '  StatsReader,',
    '  Writer,',
    '  writeFrame,',
    "} from './contract-bytes.js';",
    "import type { Handle } from './handle.js';",
    '',
    `export const CONTRACT_VERSION = ${model.version};`,
    `const STATS_HEAD_LENGTH = ${model.stats.length + 2};`,
    '',
    ...model.enums.flatMap(enumLines),
    ...model.records.flatMap(recordLines),
    ...model.commands.flatMap((command) => messageTypeLines(command, 'Command')),
    ...unionLines(model.commands, 'Command'),
    ...model.events.flatMap((event) => messageTypeLines(event, 'Event')),
    ...unionLines(model.events, 'Event'),
    ...formatLines(model.commands, 'Command'),
    ...formatLines(model.events, 'Event'),
    ...doc(model.statsAbout),
    ...model.stats.flatMap(statsLines),
    entryPoints,
  ].join('\n')}\n`;
}
