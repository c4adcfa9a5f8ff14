import type { MessagePort } from 'node:worker_threads';
import { openControlDevice } from '../control/control-device.ts';
import { DeviceMapper } from '../mapper/device-mapper.ts';
import { OwnNodes } from '../nodes/own-nodes.ts';
import { UdevNodes } from '../nodes/udev-nodes.ts';
import type { CommandReply, CommandRequest, ThreadStart } from './messages.ts';
import { packError } from './packed-error.ts';

/** Owns a control device, and does one request after the other, each to its end. */
export async function serveCommands(
  port: MessagePort,
  { udev, udevLimitMs, semaphore }: Extract<ThreadStart, { role: 'commands' }>,
): Promise<void> {
  const reply = (message: CommandReply): void => port.postMessage(message);
  try {
    const control = openControlDevice();
    const onSemaphore = (id: number | undefined): void =>
      void Atomics.store(semaphore, 0, id === undefined ? 0 : id + 1);
    const nodes = udev ? new UdevNodes({ limitMs: udevLimitMs, onSemaphore }) : new OwnNodes();
    const mapper = new DeviceMapper((request, buffer) => control.ioctl(request, buffer), nodes);
    const version = await mapper.driverVersion();
    // Every ioctl answers before it returns, so a request is done before the next message is looked at.
    const answer = async (request: CommandRequest): Promise<void> => {
      try {
        const value = request.kind === 'close' ? await mapper.close() : await call(mapper, request);
        if (request.kind === 'close') control.close();
        reply({ kind: 'value', id: request.id, value });
      } catch (error) {
        reply({ kind: 'error', id: request.id, error: packError(error) });
      }
      if (request.kind === 'close') port.close();
    };
    // Every ioctl answers before it returns, so a request is done before the next message is looked at.
    port.on('message', (request: CommandRequest) => void answer(request));
    reply({ kind: 'open', version });
  } catch (error) {
    reply({ kind: 'failed', error: packError(error) });
    port.close();
  }
}

function call(mapper: DeviceMapper, { name, args }: Extract<CommandRequest, { kind: 'hop' }>): Promise<unknown> {
  return (mapper[name] as (...given: readonly unknown[]) => Promise<unknown>).apply(mapper, [...args]);
}
