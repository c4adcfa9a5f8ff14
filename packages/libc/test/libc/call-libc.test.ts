import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callLibc, cString, makeNode } from '@dmthin/libc';
import { expect } from 'chai';

const ENOENT = 2;
const EEXIST = 17;
const isLinux = process.platform === 'linux';

describe('a call of libc', () => {
  it('hands numbers and bytes over, and gives the result', () => {
    expect(callLibc('getpid')).to.deep.equal({ result: process.pid, errno: 0 });
    const name = new Uint8Array(64);
    expect(callLibc('gethostname', name, name.length).result).to.equal(0);
    expect(name[0]).not.to.equal(0);
    expect(callLibc('atoi', cString('-17')).result).to.equal(-17);
  });

  it('gives the errno of what fails, and none of what succeeds', () => {
    expect(callLibc('chdir', cString('/no/such/directory'))).to.deep.equal({ result: -1, errno: ENOENT });
    expect(callLibc('getpid').errno).to.equal(0);
  });

  it('refuses what would end the process', () => {
    expect(() => callLibc('getpid', 1.5)).to.throw(TypeError, 'no whole number');
    expect(() => callLibc('getpid', undefined as never)).to.throw(TypeError, 'neither number nor bytes');
    expect(() => callLibc('getpid', new DataView(new ArrayBuffer(8)) as never)).to.throw(TypeError);
    expect(() => cString('a\0b')).to.throw(TypeError, 'NUL');
  });

  (isLinux ? it : it.skip)('makes nodes, of bytes too', () => {
    const directory = mkdtempSync(join(tmpdir(), 'dmthin-node-'));
    const path = Buffer.concat([Buffer.from(`${directory}/`), Buffer.of(0xff, 0x41)]);
    expect(makeNode(path, 'fifo', 0o600, { major: 0, minor: 0 })).to.deep.equal({ result: 0, errno: 0 });
    expect(statSync(path).isFIFO()).to.equal(true);
    expect(makeNode(path, 'fifo', 0o600, { major: 0, minor: 0 }).errno).to.equal(EEXIST);
    rmSync(directory, { recursive: true });
  });
});
