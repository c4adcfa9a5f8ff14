import { DmError, decodeDevice, encodeDevice, sectors } from '@dmthin/domain';
import {
  COMMAND,
  type CommandName,
  commandOf,
  decodeGeometry,
  decodeHeader,
  decodeNameList,
  decodeTargetDeps,
  decodeTargetMessage,
  decodeTargetSpecs,
  decodeTargetVersions,
  decodeText,
  encodeGeometry,
  encodeHeader,
  encodeNameList,
  encodeTargetDeps,
  encodeTargetMessage,
  encodeTargetSpecs,
  encodeTargetVersions,
  encodeText,
  HEADER_SIZE,
  payloadOf,
  requestOf,
} from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import fc from 'fast-check';

const text = (max: number) =>
  fc
    .string({ unit: 'grapheme', maxLength: max })
    .filter((value) => !value.includes('\0') && Buffer.byteLength(value) <= max);
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const device = fc.record({ major: fc.integer({ min: 0, max: 4095 }), minor: fc.integer({ min: 0, max: 2 ** 20 - 1 }) });
const realDevice = device.filter(({ major }) => major > 0);
const line = fc.record({ start: u64.map(sectors), length: u64.map(sectors), type: text(15), params: text(300) });
const table = fc.array(line, { maxLength: 6 });
const version = fc.tuple(u32, u32, u32);
const header = fc.record({
  version,
  dataSize: u32,
  dataStart: u32,
  targetCount: u32,
  openCount: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  flags: u32,
  eventNumber: u32,
  device,
  name: text(127),
  uuid: text(128),
});
const names = fc.array(
  fc.record({ device: realDevice, name: text(127), eventNumber: u32, uuid: fc.option(text(128), { nil: undefined }) }),
  { maxLength: 6 },
);
const versions = fc.array(fc.record({ name: text(15), version }), { maxLength: 6 });

describe('the codec of struct dm_ioctl', () => {
  it('reads back every header it writes', () => {
    fc.assert(
      fc.property(header, (value) => {
        const buffer = new Uint8Array(HEADER_SIZE);
        encodeHeader(buffer, value);
        expect(decodeHeader(buffer)).to.deep.equal(value);
      }),
    );
  });

  it('reads back every payload it writes', () => {
    fc.assert(
      fc.property(table, names, fc.array(device), versions, line, (lines, list, devices, types, { start, params }) => {
        for (const chain of ['load', 'status'] as const)
          expect(decodeTargetSpecs(encodeTargetSpecs(lines, chain), lines.length, chain)).to.deep.equal(lines);
        expect(decodeNameList(encodeNameList(list))).to.deep.equal(list);
        expect(decodeTargetDeps(encodeTargetDeps(devices))).to.deep.equal(devices);
        expect(decodeTargetVersions(encodeTargetVersions(types))).to.deep.equal(types);
        expect(decodeTargetMessage(encodeTargetMessage({ sector: start, text: params }))).to.deep.equal({
          sector: start,
          text: params,
        });
        expect(decodeText(encodeText(params))).to.equal(params);
      }),
    );
    const geometry = { cylinders: 65535, heads: 255, sectors: 63, start: 2048n };
    expect(decodeGeometry(encodeGeometry(geometry))).to.deep.equal(geometry);
  });

  it('keeps device numbers, and spreads minors as the kernel does', () => {
    fc.assert(
      fc.property(device, (value) => {
        expect(decodeDevice(encodeDevice(value))).to.deep.equal(value);
      }),
    );
    expect(encodeDevice({ major: 254, minor: 300 })).to.equal(0x10fe2cn);
    expect(() => encodeDevice({ major: 4096, minor: 0 })).to.throw(DmError, '4096:0');
  });

  it('numbers the commands as dm-ioctl.h does', () => {
    for (const [name, nr] of Object.entries(COMMAND)) {
      expect(requestOf(name as CommandName)).to.equal(0xc138fd00 + nr);
      expect(commandOf(0xc138fd00 + nr)).to.equal(name);
    }
    expect(commandOf(0xc138fd12)).to.equal(undefined);
  });
});

describe('a reply that lies', () => {
  const decoders: readonly [what: string, fc.Arbitrary<Uint8Array>, decode: (payload: Uint8Array) => unknown][] = [
    ['dm_name_list', names.map(encodeNameList), decodeNameList],
    ['dm_target_deps', fc.array(device).map(encodeTargetDeps), decodeTargetDeps],
    ['dm_target_versions', versions.map(encodeTargetVersions), decodeTargetVersions],
    [
      'dm_target_spec',
      table.map((lines) => encodeTargetSpecs(lines, 'status')),
      (all) => decodeTargetSpecs(all, 6, 'status'),
    ],
    [
      'dm_target_msg',
      line.map(({ start, params }) => encodeTargetMessage({ sector: start, text: params })),
      decodeTargetMessage,
    ],
    ['text', text(300).map(encodeText), decodeText],
  ];

  for (const [what, payloads, decode] of decoders)
    it(`is CORRUPT or read within its bounds: ${what} cut short or with bytes changed`, () => {
      const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
      fc.assert(
        fc.property(payloads, fc.double({ min: 0, max: 1, noNaN: true }), damage, (whole, part, changes) => {
          const payload = whole.slice(0, Math.floor(whole.length * part));
          for (const [at, byte] of changes) if (payload.length > 0) payload[at % payload.length] = byte;
          try {
            decode(payload);
          } catch (error) {
            expect(DmError.is(error, 'CORRUPT'), String(error)).to.equal(true);
          }
        }),
        { numRuns: 300 },
      );
    });

  it('is CORRUPT where it claims more than the buffer holds, or a payload inside of the header', () => {
    const buffer = new Uint8Array(400);
    const claim = (dataSize: number, dataStart: number) => {
      encodeHeader(buffer, { dataSize, dataStart });
      return () => payloadOf(decodeHeader(buffer), buffer);
    };
    expect(claim(401, 312)).to.throw(DmError, 'says 401 bytes are valid, the buffer has 400');
    expect(claim(400, 40)).to.throw(DmError, 'inside of the header');
    expect(claim(305, 312)()).to.have.length(0);
    expect(() => decodeHeader(new Uint8Array(304))).to.throw(DmError, 'malformed dm_ioctl header');
  });

  it('is CORRUPT where a list goes in circles or a count is too high', () => {
    const list = encodeNameList([
      { device: { major: 254, minor: 0 }, name: 'a', eventNumber: 0, uuid: undefined },
      { device: { major: 254, minor: 1 }, name: 'b', eventNumber: 0, uuid: undefined },
    ]);
    new DataView(list.buffer).setUint32(8, 1, true);
    expect(() => decodeNameList(list)).to.throw(DmError, 'malformed dm_name_list');
    const deps = encodeTargetDeps([{ major: 7, minor: 0 }]);
    new DataView(deps.buffer).setUint32(0, 0xffff_ffff, true);
    expect(() => decodeTargetDeps(deps)).to.throw(DmError, 'malformed dm_target_deps');
  });
});

describe('a request that cannot be written', () => {
  it('is refused as INVALID_ARGUMENT', () => {
    const buffer = new Uint8Array(HEADER_SIZE);
    const refused: readonly (() => unknown)[] = [
      () => encodeHeader(buffer, { name: 'x'.repeat(128) }),
      () => encodeHeader(buffer, { uuid: 'x'.repeat(129) }),
      () => encodeHeader(buffer, { name: 'a\0b' }),
      () => encodeTargetMessage({ sector: sectors(0), text: 'create_thin\0' }),
      () => encodeTargetSpecs([{ start: sectors(0), length: sectors(8), type: 'x'.repeat(16), params: '' }], 'load'),
    ];
    for (const refuse of refused) expect(refuse).to.throw(DmError).with.property('code', 'INVALID_ARGUMENT');
  });
});
