import { deviceName, sectors } from '@dmthin/domain';
import { expect } from 'chai';
import { Lanes } from '#internal/thread/lanes';

const A = deviceName('a');

describe('the two lanes to the kernel', () => {
  const asked: string[] = [];
  const lane = (label: string, isIdle: boolean, isGathering = false): ConstructorParameters<typeof Lanes>[0] => ({
    isIdle,
    isGathering,
    run: (name) => {
      asked.push(`${label}: ${name}`);
      return new Promise(() => undefined);
    },
    close: async () => void asked.push(`${label}: close`),
  });
  const askAll = (lanes: Lanes): void => {
    void lanes.run('info', [A]);
    void lanes.run('status', [A, { noFlush: true }]);
    void lanes.run('status', [A, {}]);
    void lanes.run('message', [A, sectors(0), 'delete 1']);
  };
  beforeEach(() => {
    asked.length = 0;
  });

  it('are one for who asks one thing after the other', () => {
    askAll(new Lanes(lane('changes', true), lane('looks', true)));
    expect(asked).to.deep.equal(['changes: info', 'changes: status', 'changes: status', 'changes: message']);
  });

  it('keep a question in the hop that it is asked for as a part of', () => {
    void new Lanes(lane('changes', false, true), lane('looks', true)).run('info', [A]);
    expect(asked).to.deep.equal(['changes: info']);
  });

  it('lead past changes that are under way, but for a status that commits', async () => {
    const lanes = new Lanes(lane('changes', false), lane('looks', true));
    askAll(lanes);
    expect(asked).to.deep.equal(['looks: info', 'looks: status', 'changes: status', 'changes: message']);
    await lanes.close();
    expect(asked.slice(4)).to.have.members(['changes: close', 'looks: close']);
  });
});
