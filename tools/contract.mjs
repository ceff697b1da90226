// Generates both sides of the contract between JavaScript and the engine from
// native/engine/contract.json (docs/contract.md).
//   node tools/contract.mjs          writes native/engine/contract.gen.h and lib/engine/contract.gen.ts
//   node tools/contract.mjs --check  exits 1 when one of them differs from what would be written
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateCpp } from './contract-cpp.mjs';
import { generateTs } from './contract-ts.mjs';

const root = join(import.meta.dirname, '..');
const contract = JSON.parse(readFileSync(join(root, 'native/engine/contract.json'), 'utf8'));

const primitives = 'u8 u16 u32 i32 i64 f64 bool handle str bytes packet'.split(' ');

/** The parts of a type name: `list<Codec>` is a list of the record Codec. */
function parseType(text) {
  const item = /^list<(\w+)>$/.exec(text)?.[1];
  if (item) return { ...parseType(item), list: true };
  if (primitives.includes(text)) return { list: false, kind: 'primitive', name: text };
  if (text in contract.enums) return { list: false, kind: 'enum', name: text };
  if (text in contract.records) return { list: false, kind: 'record', name: text };
  throw new Error(`contract.json: unknown type ${text}`);
}

function message(id, [name, fields]) {
  return {
    id,
    name,
    note: contract.notes[name],
    fields: fields.map(([field, type]) => ({
      name: field,
      type: parseType(type),
      note: contract.notes[`${name}.${field}`],
    })),
  };
}

function eventKind(name) {
  const kinds = Object.keys(contract.event_kinds);
  const kind = kinds.find((candidate) => contract.event_kinds[candidate].includes(name));
  if (!kind) throw new Error(`contract.json: event ${name} has no kind`);
  return kind;
}

const model = {
  version: contract.version,
  enums: Object.entries(contract.enums).map(([name, values]) => ({ name, values })),
  records: Object.entries(contract.records).map((entry, index) => message(index, entry)),
  // Ids start at 1, so that a buffer of zeros is no command and no event.
  commands: Object.entries(contract.commands).map((entry, index) => message(index + 1, entry)),
  events: Object.entries(contract.events).map((entry, index) => ({
    ...message(index + 1, entry),
    kind: eventKind(entry[0]),
  })),
  kinds: Object.keys(contract.event_kinds),
  statsAbout: contract.stats.about,
  stats: Object.entries(contract.stats)
    .filter(([name]) => name !== 'about')
    .map(([name, fields]) => ({ name, fields })),
};

const outputs = {
  'native/engine/contract.gen.h': generateCpp(model),
  'lib/engine/contract.gen.ts': generateTs(model),
};
let stale = false;
for (const [file, text] of Object.entries(outputs)) {
  const path = join(root, file);
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text);
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${file} is out of date: run node tools/contract.mjs`);
    stale = true;
  }
}
process.exit(stale ? 1 : 0);
