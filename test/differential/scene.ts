import { formatDeviceNumber } from '@dmthin/domain';
import {
  COMMAND,
  decodeHeader,
  decodeNameList,
  decodeTargetDeps,
  decodeTargetSpecs,
  encodeHeader,
  FLAG,
  payloadOf,
} from '@dmthin/kernel-ioctl';
import type { Answer, IoctlCall, TracedMachine } from '../trace/call.ts';

const SIZE = 32_768;

/** A line of a table that is there, live or not. */
export interface SceneLine {
  readonly type: string;
  readonly params: string;
}

export interface SceneTable {
  readonly lines: readonly SceneLine[];
  /** The devices it has open, as `major:minor`. */
  readonly devices: readonly string[];
}

export interface SceneDevice {
  /** In UTF-8; bytes that are none are lost. */
  readonly name: string;
  readonly number: string;
  readonly openCount: number;
  readonly eventNumber: number;
  readonly isSuspended: boolean;
  readonly isInternallySuspended: boolean;
  readonly isDeferredRemove: boolean;
  readonly live: SceneTable | undefined;
  readonly inactive: SceneTable | undefined;
}

/** The mapped devices of a machine, as its own replies tell; asking changes nothing there. */
export class Scene {
  /** Of device-mapper's block devices. */
  readonly major: number;
  readonly #machine: TracedMachine;
  #devices: ReadonlyMap<string, SceneDevice> = new Map();

  constructor(machine: TracedMachine, major: number) {
    this.#machine = machine;
    this.major = major;
  }

  get devices(): readonly SceneDevice[] {
    return [...this.#devices.values()];
  }

  /** By `major:minor`. */
  at(number: string): SceneDevice | undefined {
    return this.#devices.get(number);
  }

  named(name: string): SceneDevice | undefined {
    return this.devices.find((device) => device.name === name);
  }

  /** The device that a command names; undefined where there is none. */
  async target(call: IoctlCall): Promise<SceneDevice | undefined> {
    const given = new Uint8Array(call.size);
    given.set(call.given.subarray(0, call.size));
    const { ret, buffer } = await this.#ask({ op: 'ioctl', nr: COMMAND.status, size: call.size, given });
    return ret === 0 ? this.at(formatDeviceNumber(decodeHeader(buffer).device)) : undefined;
  }

  /** Looks anew. */
  async refresh(): Promise<void> {
    const { buffer } = await this.#command(COMMAND.listDevices, {});
    const devices = new Map<string, SceneDevice>();
    for (const { device, name } of decodeNameList(payloadOf(decodeHeader(buffer), buffer))) {
      const number = formatDeviceNumber(device);
      const header = decodeHeader((await this.#command(COMMAND.status, { device })).buffer);
      const has = (flag: number) => (header.flags & flag) !== 0;
      devices.set(number, {
        name,
        number,
        openCount: header.openCount,
        eventNumber: header.eventNumber,
        isSuspended: has(FLAG.suspend),
        isInternallySuspended: has(FLAG.internalSuspend),
        isDeferredRemove: has(FLAG.deferredRemove),
        live: has(FLAG.activePresent) ? await this.#table(device, 0) : undefined,
        inactive: has(FLAG.inactivePresent) ? await this.#table(device, FLAG.queryInactive) : undefined,
      });
    }
    this.#devices = devices;
  }

  /** The status line of a pool's inactive table, without a commit. */
  async inactiveStatus(number: string): Promise<string> {
    const [major = 0, minor = 0] = number.split(':').map(Number);
    const { buffer } = await this.#command(COMMAND.tableStatus, {
      device: { major, minor },
      flags: FLAG.queryInactive | FLAG.noFlush,
    });
    const header = decodeHeader(buffer);
    return decodeTargetSpecs(payloadOf(header, buffer), header.targetCount, 'status')[0]?.params ?? '';
  }

  async #table(device: { readonly major: number; readonly minor: number }, flags: number): Promise<SceneTable> {
    const table = await this.#command(COMMAND.tableStatus, { device, flags: flags | FLAG.statusTable | FLAG.noFlush });
    const header = decodeHeader(table.buffer);
    const deps = await this.#command(COMMAND.deps, { device, flags });
    return {
      lines: decodeTargetSpecs(payloadOf(header, table.buffer), header.targetCount, 'status'),
      devices: decodeTargetDeps(payloadOf(decodeHeader(deps.buffer), deps.buffer)).map((one) =>
        formatDeviceNumber(one),
      ),
    };
  }

  async #command(
    nr: number,
    header: Parameters<typeof encodeHeader>[1],
  ): Promise<Answer & { readonly buffer: Uint8Array }> {
    const given = new Uint8Array(SIZE);
    encodeHeader(given, header);
    return this.#ask({ op: 'ioctl', nr, size: SIZE, given });
  }

  async #ask(call: IoctlCall): Promise<Answer & { readonly buffer: Uint8Array }> {
    const answer = await this.#machine.play(call);
    if (answer?.buffer === undefined) throw new Error('an ioctl without an answer');
    return { ...answer, buffer: answer.buffer };
  }
}
