import { type DeviceName, DmError, deviceName, parsePoolStatus } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { parseDeviceReport } from '#internal/output/device-report';
import { parseDeps, parseList, parseTargets, parseVersion } from '#internal/output/lists';
import { recorded } from '../fixtures/outputs.ts';

const ODD = deviceName('q q\t"ü\\x#');
const said = (note: string): string => recorded(note)[0]?.stdout ?? '';
const codeOf = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return DmError.is(error) ? error.code : error;
  }
};

describe("dmsetup's report on a device", () => {
  it('tells all of a device that has a name and a uuid of unusual characters, and no table', () => {
    const { info, table } = parseDeviceReport(said('info, no table'), ODD, 'info');
    expect(table).to.deep.equal([]);
    expect(info).to.deep.equal({
      name: ODD,
      uuid: 'a uuid/1',
      number: { major: 254, minor: 4711 },
      openCount: 0,
      eventNumber: 0,
      hasLiveTable: false,
      hasInactiveTable: false,
      isSuspended: false,
      isReadOnly: false,
      isDeferredRemove: false,
    });
  });

  it('tells two tables, suspension, read-only and deferred removal', () => {
    const two = parseDeviceReport(said('info, two tables'), 'two' as DeviceName, 'info');
    expect([two.info.hasLiveTable, two.info.hasInactiveTable]).to.deep.equal([true, true]);
    expect(two.table.map(({ type, start }) => `${type} at ${start}`)).to.deep.equal(['zero at 0', 'error at 8']);
    const pool = parseDeviceReport(said('info, deferred'), 'pool' as DeviceName, 'info');
    expect(pool.info).to.include({ isDeferredRemove: true, isSuspended: false, openCount: 1 });
    const changed = said('info, deferred').replace('ACTIVE (DEFERRED', 'SUSPENDED (READ-ONLY) (DEFERRED');
    expect(parseDeviceReport(changed, 'pool' as DeviceName, 'info').info).to.include({
      isDeferredRemove: true,
      isSuspended: true,
      isReadOnly: true,
    });
  });

  it("keeps a target's text to the letter", () => {
    const { table } = parseDeviceReport(said('pool status'), 'pool' as DeviceName, 'status');
    expect(parsePoolStatus(table[0]?.params ?? '')).to.include({ kind: 'ok', mode: 'rw' });
    expect(parseDeviceReport(said('pool table'), 'pool' as DeviceName, 'table').table[0]?.params).to.match(
      /^7:\d+ 7:\d+ 128 0 0 $/u,
    );
  });

  it('is taken only whole', () => {
    for (const [note, name] of [
      ['info, no table', ODD],
      ['info, two tables', 'two'],
      ['pool status', 'pool'],
    ] as const)
      for (let length = 0; length < said(note).length; length += 1)
        expect(
          codeOf(() => parseDeviceReport(said(note).slice(0, length), name as DeviceName, 'info')),
          `the first ${length} characters of ${note}`,
        ).to.equal('CORRUPT');
  });

  it('is read right whatever the uuid says', () => {
    const lines = '0 8 zero \n8 8 linear 7:0 0\n';
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\n', 'x\n\n0 8 zero \n', '\n\n', 'UUID: ')),
        (text) => {
          const uuid = `u${text}u`;
          const report = said('info, two tables').replace(/\n\n[\s\S]*/u, () => `\nUUID: ${uuid}\n\n${lines}`);
          expect(parseDeviceReport(report, 'two' as DeviceName, 'info').info.uuid).to.equal(uuid);
        },
      ),
    );
  });
});

describe("dmsetup's lists", () => {
  it('of devices, with their names as they are', () => {
    expect(parseList(said('list of none'))).to.deep.equal([]);
    const listed = parseList(said('list')).map(({ name }) => name as string);
    expect(listed).to.deep.equal(['pool', ODD, 'thin', 'two']);
    expect(parseList('a\nb\t(254:1)\n-x\t(254:12)\n')).to.deep.equal([
      { name: 'a\nb', number: { major: 254, minor: 1 } },
      { name: '-x', number: { major: 254, minor: 12 } },
    ]);
  });

  it('of targets, the newest first, and of versions', () => {
    const targets = parseTargets(said('targets'));
    expect(targets.map(({ type }) => type)).to.include.members(['thin-pool', 'thin', 'linear', 'zero', 'error']);
    expect(targets.at(-1)).to.deep.equal({ type: 'error', version: '1.5.0' });
    expect(parseVersion(said('open'))).to.deep.equal({ driver: '4.47.0', library: '1.02.185 (2022-05-18)' });
  });

  it('of what a device stands on, the last named first', () => {
    expect(parseDeps(said('deps, no table'), ODD)).to.deep.equal([]);
    const [data, metadata] = parseDeps(said('pool deps'), 'pool' as DeviceName);
    expect([data?.major, metadata?.major]).to.deep.equal([7, 7]);
    expect(data?.minor).to.be.above(metadata?.minor ?? 0);
  });

  it('are taken only whole', () => {
    const cut = (note: string, read: (text: string) => unknown): void => {
      const text = said(note);
      // A list may end after any of its lines; whether it did, its own text does not tell.
      for (let length = 0; length < text.length; length += 1)
        if (length === 0 || text[length - 1] !== '\n')
          expect(
            codeOf(() => read(text.slice(0, length))),
            `${length} of ${note}`,
          ).to.equal('CORRUPT');
    };
    cut('list', parseList);
    cut('targets', parseTargets);
    cut('open', parseVersion);
    cut('pool deps', (text) => parseDeps(text, 'pool' as DeviceName));
  });
});
