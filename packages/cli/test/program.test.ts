import { COMMANDS, completionScript, createProgram } from '@dmthin/cli';
import { DmError } from '@dmthin/domain';
import { expect } from 'chai';

type Call = Parameters<Parameters<typeof createProgram>[1]>[0];

async function parsed(...words: string[]): Promise<Call> {
  let call: Call | undefined;
  const program = createProgram(COMMANDS, async (made) => {
    call = made;
  });
  for (const command of [program, ...program.commands]) command.configureOutput({ writeErr() {}, writeOut() {} });
  await program.parseAsync(words, { from: 'user' });
  if (call === undefined) throw new Error('no command was run');
  return call;
}

const refusal = (...words: string[]): Promise<unknown> =>
  parsed(...words).then(
    () => 'taken',
    (error: Error) => error.message,
  );

describe('the command line', () => {
  it('takes global options before and behind the verb', async () => {
    const { command, given, words } = await parsed(
      '--kernel',
      'fake',
      'import',
      'web',
      'f.tar',
      '--root',
      '/r',
      '--parent',
      'os',
    );
    expect(command.name).to.equal('import');
    expect(given).to.include({ kernel: 'fake', root: '/r' });
    expect([words.argument('id'), words.argument('file'), words.option('parent')]).to.deep.equal([
      'web',
      'f.tar',
      'os',
    ]);
  });

  it('adds up repeated storage options from both sides', async () => {
    const { given } = await parsed('--storage-opt', 'dm.fs=ext4', 'create', 'a', '--storage-opt', 'size=2G');
    expect(given.storageOpt).to.deep.equal(['dm.fs=ext4', 'size=2G']);
  });

  it('refuses unknown verbs, missing arguments and values that are not allowed', async () => {
    expect(await refusal('snapshot', 'a')).to.include("unknown command 'snapshot'");
    expect(await refusal('rm')).to.include("missing required argument 'ID'");
    expect(await refusal('graph', '--format', 'gif')).to.include('Allowed choices are text, dot, mermaid, svg');
    expect(await refusal('ls', '--kernel', 'zfs')).to.include('ioctl, dmsetup, fake');
  });

  it('says how a verb is used that was used wrongly, and which one was meant', async () => {
    const remedy = async (...words: string[]): Promise<unknown> =>
      parsed(...words).catch((error: unknown) => DmError.is(error, 'INVALID_ARGUMENT') && error.remedy);
    expect(await remedy('rm')).to.equal('Usage: dmthin rm ID; see dmthin help rm.');
    expect(await remedy('create', 'a', 'b')).to.include('dmthin create ID [--parent ID] [--storage-opt size=SIZE]');
    expect(await remedy('statsu')).to.match(/^Did you mean status\? See dmthin help/u);
    expect(await remedy('snapshot')).to.include('dmthin help');
  });

  it('takes verbs of a group, short options, and options that may stand without a value', async () => {
    const check = await parsed('--json', 'metadata', 'check', '-q', 'meta');
    expect([
      check.command.name,
      check.given.json,
      check.words.flag('quiet'),
      check.words.argument('source'),
    ]).to.deep.equal(['metadata check', true, true, 'meta']);
    const plain = await parsed('metadata', 'size', '-n');
    expect([plain.words.flag('numeric-only'), plain.words.option('numeric-only')]).to.deep.equal([true, undefined]);
    const long = await parsed('metadata', 'size', '-nlong');
    expect([long.words.flag('numeric-only'), long.words.option('numeric-only')]).to.deep.equal([false, 'long']);
    const headless = await parsed('metadata', 'ls', '--no-headers', 'meta');
    expect(headless.words.flag('no-headers')).to.equal(true);
    expect(await refusal('metadata', 'chek')).to.include("unknown command 'chek'");
    expect(await refusal('metadata', 'dump', '-f', 'yaml', 'meta')).to.include('xml, json, human_readable');
  });

  it('has a completion for every verb in every shell', () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const)
      for (const { name } of COMMANDS)
        for (const word of name.split(' ')) expect(completionScript(shell, COMMANDS)).to.include(word);
  });
});
