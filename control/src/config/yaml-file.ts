import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { nearestPath, nearestWord } from './nearest.js';
import { writtenName } from './setting.js';
import { oidcFields, places } from './settings.js';
import type { Source, Written } from './source.js';

const paths = places.map(({ path }) => path);
const lists = new Set(places.filter(({ setting }) => setting.kind.isList).map(({ path }) => path));
const sections = [...new Set(places.map(({ section }) => section)), 'oidc'];
const fields = Object.keys(oidcFields).map(writtenName);

/** @throws Error when the file is not there. */
export function readYamlFile(file: string, complaints: string[]): Source {
  return readYaml(readFileSync(file, 'utf8'), basename(file), complaints);
}

/** A strict YAML file: sections, settings below them, nothing else. What does not fit is a complaint with its line. */
export function readYaml(text: string, name: string, complaints: string[]): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const reader = new YamlReader(name, lines, complaints);
  for (const problem of [...document.errors, ...document.warnings]) {
    reader.complain(problem.pos[0], problem.message);
  }
  if (document.errors.length === 0) reader.readDocument(document);
  return { get: (path) => reader.found.get(path), oidcIds: () => reader.oidcIds };
}

class YamlReader {
  readonly found = new Map<string, Written>();
  readonly oidcIds: string[] = [];

  constructor(
    private readonly name: string,
    private readonly lines: LineCounter,
    private readonly complaints: string[],
  ) {}

  complain(offset: number, what: string): void {
    this.complaints.push(`${this.place(offset)}: ${what}`);
  }

  readDocument({ contents }: Document.Parsed): void {
    if (contents === null || (isScalar(contents) && contents.value === null)) return;
    this.eachEntry(contents, 'the file', (section, node, offset) => {
      if (section === 'oidc') this.readProviders(node);
      else if (sections.includes(section)) this.readSection(section, node);
      else this.complain(offset, `${section} is no section; ${this.meant(section)}`);
    });
  }

  private readSection(section: string, node: Node): void {
    if (isScalar(node) && node.value === null) return;
    this.eachEntry(node, section, (key, value, offset) => {
      const path = `${section}.${key}`;
      if (paths.includes(path)) this.readValue(path, value);
      else this.complain(offset, `${path} is no setting; ${this.meant(path)}`);
    });
  }

  private readProviders(node: Node): void {
    if (!isSeq(node)) this.complain(start(node), 'oidc has to be a list of providers');
    for (const item of isSeq(node) ? (node.items as Node[]) : []) {
      const values: [string, Node][] = [];
      this.eachEntry(item, 'a provider', (key, value, offset) => {
        if (fields.includes(key)) values.push([key, value]);
        else
          this.complain(offset, `${key} is no field; the nearest is ${nearestWord(key, fields)}`);
      });
      this.readProvider(item, new Map(values));
    }
  }

  private readProvider(item: Node, values: Map<string, Node>): void {
    const id = values.get('id');
    const name = isScalar(id) ? String(id.value) : '';
    if (name === '') {
      this.complain(start(item), 'a provider needs an id');
    } else if (this.oidcIds.includes(name)) {
      this.complain(start(item), `there are two providers ${name}`);
    } else {
      this.oidcIds.push(name);
      for (const [key, value] of values) this.readValue(`oidc.${name}.${key}`, value);
    }
  }

  private readValue(path: string, node: Node): void {
    const where = `${this.place(start(node))}: ${path}`;
    if (isScalar(node) && node.value !== null) {
      this.found.set(path, { text: String(node.value), where });
    } else if (isSeq(node) && lists.has(path) && node.items.every(isScalar)) {
      const text = node.items.map(({ value }) => String(value)).join(',');
      this.found.set(path, { text, where });
    } else if (isScalar(node)) {
      this.complaints.push(`${where} has no value; without the line it has its default`);
    } else {
      this.complaints.push(`${where} has to be ${lists.has(path) ? 'a list of' : 'one'} value`);
    }
  }

  private eachEntry(
    node: Node,
    what: string,
    visit: (key: string, value: Node, offset: number) => void,
  ): void {
    if (!isMap(node)) this.complain(start(node), `${what} has to hold names with values`);
    for (const { key, value } of isMap(node) ? node.items : []) {
      const name = isScalar(key) ? String(key.value) : '?';
      visit(name, (value ?? key) as Node, start(key as Node));
    }
  }

  private meant(path: string): string {
    return `the nearest is ${nearestPath(path, [...sections, ...paths])}`;
  }

  private place(offset: number): string {
    return `${this.name}:${this.lines.linePos(offset).line}`;
  }
}

function start(node: Node): number {
  return node.range?.[0] ?? 0;
}
