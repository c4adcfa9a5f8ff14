import { kernelConformance } from '@dmthin/conformance';
import { bytes, type DeviceNumber, DmError, ERRNO } from '@dmthin/domain';
import { createFakeKernel, type FakeKernel, fakeIoctl, MemoryStore } from '@dmthin/kernel-fake';
import { openIoctlKernel } from '@dmthin/kernel-ioctl';
import type { BlockDevices, Ioctl } from '@dmthin/ports';

/** The fake's bytes behind the seam that the real kernel is behind. */
function seamOf(kernel: FakeKernel): Ioctl {
  const ask = fakeIoctl(kernel);
  return async (request, buffer) => {
    try {
      return { result: await ask(0, request, buffer), errno: 0 };
    } catch (failure) {
      if (!DmError.is(failure) || failure.errno === undefined) throw failure;
      return { result: -1, errno: ERRNO[failure.errno] };
    }
  };
}

function blockDevicesOf(kernel: FakeKernel, disks: ReadonlyMap<string, DeviceNumber>): BlockDevices {
  const identify: BlockDevices['identify'] = async (path) => {
    const number = kernel.lookup(path) ?? disks.get(path);
    if (number === undefined) throw new DmError('NOT_FOUND', `${path} is not there`, { errno: 'ENOENT' });
    return number;
  };
  const open: BlockDevices['open'] = async (path, { readOnly, exclusive } = {}) => {
    const handle = kernel.open(await identify(path), { readOnly, exclusive });
    return {
      number: handle.number,
      size: bytes(handle.size),
      read: async (offset, length) => handle.read(Number(offset), length),
      write: async (offset, data) => handle.write(Number(offset), data),
      discard: async (offset, length) => handle.discard(Number(offset), Number(length)),
      flush: async () => handle.flush(),
      close: async () => handle.close(),
    };
  };
  const size: BlockDevices['size'] = async (path) => {
    const device = await open(path, { readOnly: true });
    await device.close();
    return device.size;
  };
  return { identify, open, size };
}

kernelConformance("ioctl, over the fake kernel's bytes", {
  setup: async () => {
    const fake = createFakeKernel();
    const disks = new Map<string, DeviceNumber>();
    fake.onLookup((path) => disks.get(path));
    const kernel = await openIoctlKernel({ ioctl: seamOf(fake) });
    return {
      kernel,
      blockDevices: blockDevicesOf(fake, disks),
      disk: async (sectors) => {
        const number = { major: 7, minor: disks.size };
        const path = `/dev/loop${number.minor}`;
        disks.set(path, number);
        fake.attach(number, new MemoryStore(sectors * 512));
        return path;
      },
      teardown: async () => {
        await kernel.close();
        for (const number of disks.values()) fake.detach(number);
        await fake.close();
      },
    };
  },
});
