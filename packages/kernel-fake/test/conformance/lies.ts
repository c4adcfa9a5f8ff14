import { DmError, type Table } from '@dmthin/domain';
import type { Kernel } from '@dmthin/ports';

type Lie = (kernel: Kernel) => Partial<Kernel>;

/** Kernels that are wrong in one thing each, as what they do instead of what `kernel` does. */
export const LIES: Readonly<Record<string, Lie>> = {
  'nothing is wrong': () => ({}),
  'no device is ever suspended': (kernel) => ({
    info: async (device) => ({ ...(await kernel.info(device)), isSuspended: false }),
  }),
  'no event is counted': (kernel) => ({ info: async (device) => ({ ...(await kernel.info(device)), eventNumber: 0 }) }),
  'no removal is marked as deferred': (kernel) => ({
    info: async (device) => ({ ...(await kernel.info(device)), isDeferredRemove: false }),
  }),
  'the list is in another order': (kernel) => ({ list: async () => (await kernel.list()).toReversed() }),
  'the devices below are in another order': (kernel) => ({
    deps: async (device, options) => (await kernel.deps(device, options)).toReversed(),
  }),
  'a busy device fails with another code': (kernel) => ({
    remove: (device, options, signal) =>
      kernel.remove(device, options, signal).catch((error: unknown) => {
        if (!DmError.is(error, 'BUSY')) throw error;
        throw new DmError('IO', error.message, { errno: error.errno });
      }),
  }),
  'a busy device fails with another errno': (kernel) => ({
    remove: (device, options, signal) =>
      kernel.remove(device, options, signal).catch((error: unknown) => {
        if (!DmError.is(error, 'BUSY')) throw error;
        throw new DmError(error.code, error.message, { errno: 'EAGAIN' });
      }),
  }),
  'a sequence goes on after a failure': (kernel) => ({
    sequence: async (commands) => {
      const ends = [];
      for (const command of commands) ends.push(...(await Promise.allSettled([kernel.sequence([command])])));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
  }),
  'what was cancelled is done all the same': (kernel) => ({
    create: (device, options) => kernel.create(device, options),
  }),
  'it answers after close': () => ({ close: async () => undefined }),
  'messages are taken and forgotten': () => ({ message: async () => undefined }),
  'a pool counts one block too few': (kernel) => ({
    status: async (device, options, signal) =>
      (await kernel.status(device, options, signal)).map((line) => ({
        ...line,
        text: line.text.replace(/^(\d+ \S+) (\d+)\//u, (_, before, used) => `${before} ${Math.max(0, used - 1)}/`),
      })),
  }),
  'a table is told without its features': (kernel) => ({
    table: async (device, options): Promise<Table> =>
      (await kernel.table(device, options)).map((line) => ({
        ...line,
        params: line.type === 'thin-pool' ? line.params.split(' ').slice(0, 4).join(' ') : line.params,
      })),
  }),
  'a table becomes live when it is loaded': (kernel) => ({
    load: async (device, table, options) => {
      await kernel.load(device, table, options);
      await kernel.resume(device);
    },
  }),
};
