import type { JsonSchema } from './schema-values.js';

export interface ContractDocument {
  paths: Record<string, Record<string, ContractOperation>>;
}

interface ContractOperation {
  'x-plenum-auth'?: string[];
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
  responses?: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}

/**
 * What a client of the former contract would miss or trip over in the present one. Empty: the
 * present one only adds. Answers may grow fields and codes; requests may grow optional fields.
 */
export function breakingChanges(former: ContractDocument, present: ContractDocument): string[] {
  return Object.entries(former.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const name = `${method} ${path}`;
      const next = present.paths[path]?.[method];
      return next === undefined ? [`${name} is gone`] : changesOf(name, operation, next);
    }),
  );
}

function changesOf(name: string, former: ContractOperation, next: ContractOperation): string[] {
  const lostAuth = (former['x-plenum-auth'] ?? []).filter(
    (who) => !(next['x-plenum-auth'] ?? []).includes(who),
  );
  const formerNames = (former.parameters ?? []).map((parameter) => parameter.name);
  const newlyRequired = (next.parameters ?? []).filter(
    (parameter) => parameter.required && !formerNames.includes(parameter.name),
  );
  return [
    ...lostAuth.map((who) => `${name} refuses ${who}`),
    ...newlyRequired.map((parameter) => `${name} requires ${parameter.name}`),
    ...requestChanges(`${name} request`, bodyOf(former), bodyOf(next)),
    ...Object.entries(former.responses ?? {}).flatMap(([status, response]) => {
      const there = next.responses?.[status];
      if (there === undefined) return [`${name} has no ${status} any more`];
      return answerChanges(`${name} ${status}`, schemaOf(response), schemaOf(there));
    }),
  ];
}

function bodyOf({ requestBody }: ContractOperation): JsonSchema {
  return schemaOf(requestBody ?? {});
}

function schemaOf({ content }: { content?: Record<string, { schema: JsonSchema }> }): JsonSchema {
  return Object.values(content ?? {})[0]?.schema ?? {};
}

/** What was accepted is accepted. */
function requestChanges(place: string, former: JsonSchema, next: JsonSchema): string[] {
  const required = (next.required ?? []).filter(
    (field) => !(former.required ?? []).includes(field),
  );
  const values = (former.enum ?? []).filter((value) => !takes(next, value));
  return [
    ...required.map((field) => `${place} requires ${field}`),
    ...values.map((value) => `${place} does not take ${value} any more`),
    ...inFields(place, former, next, requestChanges),
  ];
}

function takes(schema: JsonSchema, value: unknown): boolean {
  return schema.enum === undefined ? schema.type === typeof value : schema.enum.includes(value);
}

/** What was told is told. */
function answerChanges(place: string, former: JsonSchema, next: JsonSchema): string[] {
  const optional = (former.required ?? []).filter(
    (field) => !(next.required ?? []).includes(field) && next.properties?.[field] !== undefined,
  );
  return [
    ...optional.map((field) => `${place} may lack ${field}`),
    ...inFields(place, former, next, answerChanges),
  ];
}

function inFields(
  place: string,
  former: JsonSchema,
  next: JsonSchema,
  changes: typeof requestChanges,
): string[] {
  const fields = Object.entries(former.properties ?? {}).flatMap(([field, schema]) => {
    const there = next.properties?.[field];
    return there === undefined
      ? [`${place} has no ${field} any more`]
      : changes(`${place} ${field}`, schema, there);
  });
  const items =
    former.items && next.items ? changes(`${place} item`, former.items, next.items) : [];
  return [...fields, ...items];
}
