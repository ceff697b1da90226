/**
 * What checks a request and what writes an answer is made of its schema when it is first needed: for
 * all operations at once that was most of the time in which a process starts.
 */

import serializers from '@fastify/fast-json-stringify-compiler';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifyServerOptions } from 'fastify';

function lazily<Route, Value, Result>(compile: (route: Route) => (value: Value) => Result) {
  return (route: Route) => {
    let compiled: ((value: Value) => Result) | undefined;
    return (value: Value): Result => {
      compiled ??= compile(route);
      return compiled(value);
    };
  };
}

const makeSerializers = serializers();

export const checkWhenNeeded = lazily(TypeBoxValidatorCompiler);

export const writeWhenNeeded: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: {
    buildSerializer: (...options) => lazily(makeSerializers(...options)),
  },
};
