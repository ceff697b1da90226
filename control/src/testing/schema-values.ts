import fc from 'fast-check';

/** What of JSON Schema our routes use. */
export interface JsonSchema {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  patternProperties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
}

/** Longer strings and lists find nothing that these do not. */
const maxGenerated = 40;

/** Values that fit a schema. */
export function fitting(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(fitting));
  switch (schema.type) {
    case 'object':
      return objects(schema);
    case 'array':
      return fc.array(fitting(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    case 'string':
      return strings(schema);
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? -1000, -(2 ** 31)),
        max: Math.min(schema.maximum ?? 1000, 2 ** 31 - 1),
      });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** What a schema does not say of a text, but its name does; other texts come as well. */
const named: [RegExp, fc.Arbitrary<unknown>][] = [
  [/_at$/, fc.integer({ min: 1, max: 700 }).map((hours) => isoIn(hours))],
  [/^url$/, fc.constantFrom('https://example.org/hook', 'http://127.0.0.1/', 'ftp://x.example')],
  [/^time_zone$/, fc.constantFrom('Europe/Berlin', 'Asia/Kolkata')],
];

function isoIn(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString();
}

function field(name: string, schema: JsonSchema): fc.Arbitrary<unknown> {
  const [, values] = named.find(([pattern]) => pattern.test(name)) ?? [];
  if (values === undefined) return fitting(schema);
  return fc.oneof({ arbitrary: values, weight: 4 }, { arbitrary: fitting(schema), weight: 1 });
}

function objects({ properties = {}, required = [] }: JsonSchema): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, schema]) => [name, field(name, schema)]);
  const record: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(fields);
  return fc.record(record, { requiredKeys: required });
}

function strings({ minLength = 0, maxLength = maxGenerated, pattern }: JsonSchema) {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern), { maxLength });
  const size = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, maxGenerated)) };
  return fc.oneof(
    fc.string({ ...size, unit: 'grapheme' }),
    fc.string({ ...size, unit: 'binary' }),
    fc
      .constantFrom('\u202e', '\u0000', "'; drop table users; --", '../../etc/passwd', '%00', '💥')
      .filter((text) => text.length >= size.minLength && text.length <= size.maxLength),
  );
}

/** Values of any form, most of which do not fit. */
export const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, '', 0, -1, [], {}, 1e308, '\ud800', '\u0000'),
);

/** Mostly what fits, now and then with a field too many or a wrong one. */
export function nearly(schema: JsonSchema): fc.Arbitrary<unknown> {
  const names = Object.keys(schema.properties ?? {});
  const wrong = fc
    .tuple(fitting(schema), fc.constantFrom(...names, 'unknown_field'), anything)
    .map(([value, name, odd]) =>
      typeof value === 'object' && value !== null ? { ...value, [name]: odd } : odd,
    );
  return fc.oneof(
    { arbitrary: fitting(schema), weight: 6 },
    { arbitrary: wrong, weight: 3 },
    { arbitrary: anything, weight: 1 },
  );
}
