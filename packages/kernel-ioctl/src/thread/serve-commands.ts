import type { Served } from '@dmthin/libc';
import { openControlDevice } from '../control/control-device.ts';
import { DeviceMapper } from '../mapper/device-mapper.ts';
import { OwnNodes } from '../nodes/own-nodes.ts';
import { UdevNodes } from '../nodes/udev-nodes.ts';
import type { CommandStart } from './messages.ts';

/** Owns a control device. Every ioctl answers before it returns, so requests cannot overtake one another. */
export async function serveCommands({
  udev,
  udevLimitMs,
  semaphore,
}: CommandStart): Promise<Served & { readonly service: DeviceMapper }> {
  const control = openControlDevice();
  const onSemaphore = (id: number | undefined): void => void Atomics.store(semaphore, 0, id === undefined ? 0 : id + 1);
  const nodes = udev ? new UdevNodes({ limitMs: udevLimitMs, onSemaphore }) : new OwnNodes();
  const service = new DeviceMapper((request, buffer) => control.ioctl(request, buffer), nodes);
  return {
    service,
    word: await service.driverVersion(),
    close: async () => {
      await service.close();
      control.close();
    },
  };
}
