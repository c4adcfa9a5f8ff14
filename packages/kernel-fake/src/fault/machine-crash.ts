import { DmError } from '@dmthin/domain';

/** The machine crashed as it was told to; every call throws this from then on, until `reboot`. */
export class MachineCrash extends DmError {
  constructor(at: string) {
    super('UNAVAILABLE', `the machine crashed ${at}`, {
      operation: 'crash',
      remedy: 'reboot() gives a new kernel over the same disks, with what was committed.',
    });
  }
}
