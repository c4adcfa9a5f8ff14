import { DmError } from '@dmthin/domain';
import type { SnapshotInfo } from '@dmthin/snapshotter';
import { expect } from 'chai';
import fc from 'fast-check';
import { isTaken } from '#src/filter/filter';
import { parseFilters } from '#src/filter/parse-filter';
import { snapshotFields } from '#src/filter/snapshot-fields';

const info = (change: Partial<SnapshotInfo>): SnapshotInfo => ({
  kind: 'active',
  name: 'foo',
  parent: undefined,
  labels: {},
  createdAt: 0n,
  updatedAt: 0n,
  ...change,
});
const takes = (filter: string, change: Partial<SnapshotInfo>): boolean =>
  isTaken(parseFilters([filter]), snapshotFields(info(change)));
const isRefused = (filter: string): boolean => {
  try {
    parseFilters([filter]);
    return false;
  } catch (error) {
    return DmError.is(error, 'INVALID_ARGUMENT');
  }
};
/** A text as Go writes it in double quotes. */
const goQuoted = (text: string): string =>
  `"${Array.from(text, (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`).join('')}"`;

const texts = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/[\ufffd\ud800-\udfff]/u.test(text));

describe('filters', () => {
  const labels = { foo: 'true', 'a.b': 'dotted', 'very complex \\ and "': 'present', 'containerd.io/gc.root': 'x' };
  const cases: readonly [filter: string, isTaken: boolean][] = [
    ['', true],
    ['name', true],
    ['nothing', false],
    ['name==foo', true],
    ['name==bar', false],
    ['name!=bar', true],
    ['nothing!=bar', true],
    ['nothing!=""', false],
    ['parent', true],
    ['parent==""', true],
    ['parent!=""', false],
    ['kind==active', true],
    ['kind==view', false],
    ['labels', false],
    ['labels.foo', true],
    ['labels.bar', false],
    ['labels.toString', false],
    ['labels.foo==true', true],
    ['labels.foo==tru', false],
    ['labels.a.b==dotted', true],
    ['labels."a".b==dotted', true],
    ['labels."a.b"==dotted', true],
    ['labels."very complex \\\\ and \\""==present', true],
    ['labels."containerd.io/gc.root"', true],
    ['labels.containerd.io.gc', false],
    ['name==foo,labels.foo', true],
    ['name==foo,labels.bar', false],
    ['name~=^f', true],
    ['name~=o+$', true],
    ['name~=/^[fo]{3}$/', true],
    ['name~=|^fo|', true],
    ['name~="^fo"', true],
    ['name~=x', false],
    ['nothing~=^$', true],
    // No regular expression: matches nothing, and is no error.
    ['name~=[', false],
    ['name~=/(?P<a>o)/', true],
    ['name ==foo', true],
    ['name== foo', true],
    ['name=="f\\x6fo"', true],
    ['name=="f\\157o"', true],
    ['name=="f\\u006fo"', true],
  ];
  for (const [filter, expected] of cases)
    it(`${expected ? 'takes' : 'leaves'} it by ${filter || 'nothing'}`, () => {
      expect(takes(filter, { labels })).to.equal(expected);
    });

  for (const filter of [
    'name==foo,',
    ',name',
    'labels.',
    'labels.|foo|==x',
    'labels./foo/',
    'labels.?"x"',
    'labels.ns/key==value',
    'labels.key==/value',
    'labels.key==/value/',
    'image~=,id?=?fbaq',
    'name=foo',
    'name===foo',
    'name!foo',
    'name==',
    'name==foo bar',
    'name==foo ',
    'name ',
    'name=="foo"x',
    'name=="foo',
    'name=="a\nb"',
    'name=="\\g"',
    'name=="\\xaz"',
    'name=="\\\'"',
    'name=="\\UFFFFFFFF"',
    'name==.x',
    'name\0',
    'name==\ufffd',
    '?',
    '==x',
    '"name',
  ])
    it(`refuses ${JSON.stringify(filter)}`, () => {
      expect(isRefused(filter)).to.equal(true);
    });

  it('may be any of several, and all where there is none', () => {
    const fields = snapshotFields(info({}));
    expect(isTaken(parseFilters([]), fields)).to.equal(true);
    expect(isTaken(parseFilters(['name==bar', 'name==foo']), fields)).to.equal(true);
    expect(isTaken(parseFilters(['name==bar', 'name==baz']), fields)).to.equal(false);
  });

  it('find whatever is quoted', () => {
    fc.assert(
      fc.property(texts, texts, texts, (name, label, value) => {
        fc.pre(label !== '');
        const filter = `name==${goQuoted(name)},labels.${goQuoted(label)}==${goQuoted(value)}`;
        expect(takes(filter, { name, labels: { [label]: value } })).to.equal(true);
        expect(takes(filter, { name: `${name}x`, labels: { [label]: value } })).to.equal(false);
      }),
    );
  });

  it('find values without quotes that have neither space nor comma', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9:._/@+-]{0,30}$/u);
    fc.assert(fc.property(word, (name) => takes(`name==${name}`, { name })));
  });

  it('are what both of their halves are, and either of them', () => {
    const selector = fc.constantFrom('name==foo', 'name!=foo', 'labels.l', 'labels.l==1', 'kind==view', 'parent~=p');
    const infos = fc.record({
      name: fc.constantFrom('foo', 'bar'),
      kind: fc.constantFrom('view', 'active'),
      parent: fc.constantFrom('p', undefined),
      labels: fc.constantFrom({}, { l: '1' }, { l: '2' }),
    });
    fc.assert(
      fc.property(selector, selector, infos, (one, other, it) => {
        expect(takes(`${one},${other}`, it)).to.equal(takes(one, it) && takes(other, it));
        const either = isTaken(parseFilters([one, other]), snapshotFields(info(it)));
        expect(either).to.equal(takes(one, it) || takes(other, it));
      }),
    );
  });

  it('of any text are read or refused, at once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (filter) => {
        if (!isRefused(filter)) parseFilters([filter]);
      }),
      { numRuns: 500 },
    );
    expect(takes(`name~=/${'(a*)*'.repeat(5)}b/`, { name: 'a'.repeat(300) })).to.equal(false);
  });
});
