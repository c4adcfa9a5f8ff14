import { expect } from 'chai';
import { GuestClock } from './guest-clock.ts';

describe("the guest's clock", () => {
  let now: number;
  let clock: GuestClock;

  beforeEach(() => {
    now = 5000;
    clock = new GuestClock({
      now: () => now,
      wait: (milliseconds) => {
        now += milliseconds;
      },
    });
    clock.stop();
  });

  it('sleeps from the end of one sleep to that of the next, whatever time the calls between them took', () => {
    now += 30;
    clock.sleep(150);
    expect(now).to.equal(5150);
    now += 90;
    clock.sleep(1000);
    expect(now).to.equal(6150);
  });

  it('sleeps after a call that waited for longer, all of it', () => {
    now += 60_000;
    clock.sleep(150);
    expect(now).to.equal(65_150);
    now += 10;
    clock.sleep(1000);
    expect(now).to.equal(66_150);
  });
});
