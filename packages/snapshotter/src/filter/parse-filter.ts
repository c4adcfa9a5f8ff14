import { DmError } from '@dmthin/domain';
import { RE2JS } from 're2js';
import type { Filter, Selector } from './filter.ts';
import { readQuoted } from './quoted.ts';

const SPACE = /\p{White_Space}*/uy;
const FIELD = /[-\w]+/y;
const OPERATOR = /[=!~]+/y;
/** A value without quotes; its first character may be any that does not begin something else. */
const VALUE = /[^/|",.=!~\p{White_Space}\0\ufffd](?:(?![,\ufffd])[\p{L}\p{M}\p{N}\p{P}\p{S}])*/uy;
/** In quotes of these kinds, the last two of which are for regular expressions alone. */
const QUOTE = /["/|]/y;

/**
 * Reads filters in containerd's language: `name==x,labels."a/b"~=/^c/`. A filter is selectors between commas, all of which
 * have to hold; a selector is a field path, alone where it has to be there, or with `==`, `!=` or `~=` and a value. Path and
 * values may be in double quotes with Go's escapes; regular expressions (RE2) in `/` or `|` as well.
 * @throws DmError INVALID_ARGUMENT: a filter that is none; says where.
 */
export function parseFilters(texts: readonly string[]): readonly Filter[] {
  return texts.map((text) => (text === '' ? [] : new Parser(text).filter()));
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  filter(): Filter {
    const selectors = [this.#selector()];
    while (this.#accept(',')) selectors.push(this.#selector());
    if (this.#at < this.#text.length) throw this.#expected('a comma or the end');
    return selectors;
  }

  #selector(): Selector {
    const path = [this.#field()];
    while (this.#accept('.')) path.push(this.#field());
    if (this.#at === this.#text.length || this.#text[this.#at] === ',') return { path, operator: 'present' };
    const operator = this.#operator();
    const value = this.#value(operator);
    if (operator !== '~=') return { path, operator, value };
    return { path, operator, value, pattern: patternOf(value) };
  }

  #field(): string {
    this.#take(SPACE);
    const field = this.#take(FIELD) ?? this.#quoted('"');
    if (field === undefined) throw this.#expected('a field');
    return field;
  }

  #operator(): '==' | '!=' | '~=' {
    this.#take(SPACE);
    const start = this.#at;
    const operator = this.#take(OPERATOR);
    if (operator === '==' || operator === '!=' || operator === '~=') return operator;
    this.#at = start;
    throw this.#expected('an operator (==, != or ~=)');
  }

  #value(operator: '==' | '!=' | '~='): string {
    this.#take(SPACE);
    const value = this.#quoted(operator === '~=' ? '"/|' : '"') ?? this.#take(VALUE);
    if (value === undefined) throw this.#expected('a value');
    return value;
  }

  /** undefined: no quote begins here. */
  #quoted(allowed: string): string | undefined {
    const start = this.#at;
    const quote = this.#take(QUOTE);
    if (quote === undefined) return undefined;
    this.#at = start;
    if (!allowed.includes(quote)) throw this.#expected(`something that does not begin with ${quote}`);
    const read = readQuoted(this.#text, start);
    if ('problem' in read) throw this.#expected(read.problem);
    this.#at = read.end;
    return read.value;
  }

  #accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    this.#at += found?.length ?? 0;
    return found;
  }

  #expected(what: string): DmError {
    const place = `${this.#text.slice(0, this.#at)} >|${this.#text.slice(this.#at)}`;
    return new DmError('INVALID_ARGUMENT', `filter [${place}]: expected ${what}`, {
      operation: 'list',
      remedy:
        'Write it as FIELD, FIELD==VALUE, FIELD!=VALUE or FIELD~=PATTERN; put names with / in them into double quotes.',
    });
  }
}

function patternOf(value: string): RE2JS | undefined {
  try {
    return RE2JS.compile(value);
  } catch {
    return undefined;
  }
}
