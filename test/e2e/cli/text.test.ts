import { spawnSync } from 'node:child_process';
import { realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMANDS } from '@dmthin/cli';
import { skipCase } from '@dmthin/conformance';
import { expect } from 'chai';
import { dmthin, textOf } from '../support/dmthin.ts';
import { type ImportedRoot, importedRoot } from './imported-root.ts';
import { faultOfXml } from './xml.ts';

describe('dmthin for people', function () {
  this.timeout(60_000);
  let at: ImportedRoot;
  before(async () => {
    at = await importedRoot();
  });
  after(() => at[Symbol.asyncDispose]());
  const text = (...words: readonly string[]): Promise<string> => textOf(words, { root: at.root });

  it('lists layers under heads, or ids alone', async () => {
    const [head = '', web = '', copy = ''] = (await text('ls')).trimEnd().split('\n');
    expect(head.split(/\s+/u)).to.deep.equal(['LAYER', 'PARENT', 'DEVICE', 'SIZE', 'MAPPED', 'STATE']);
    expect(web).to.match(/^web +- +2 +67\.11MB +\S+B$/u);
    expect(copy).to.match(/^web-1 +web +3 +134\.2MB +\S+B$/u);
    expect(await text('ls', '--quiet')).to.equal('web\nweb-1\n');
  });

  it("shows the status in Docker's rows, one a line", async () => {
    const lines = (await text('status')).trimEnd().split('\n');
    expect(lines).to.have.length(19);
    for (const line of lines) expect(line).to.match(/^[A-Z][A-Za-z ]+: +\S/u);
  });

  it('prints the path of a mount alone, for cd "$(dmthin mount web)"', async () => {
    const printed = await text('mount', 'web');
    expect(printed).to.equal(`${join(await realpath(at.root), 'mnt', 'web', 'rootfs')}\n`);
    expect(await text('umount', 'web')).to.equal('');
  });

  it('marks changes A, C and D', async () => {
    expect(await text('changes', 'web-1')).to.equal('C /etc\nD /etc/hosts\nA /log\nC /usr\n');
  });

  it('inspects a layer in lines', async () => {
    const shown = await text('inspect', 'web-1');
    for (const line of ['Layer:      web-1', 'Parent:     web', 'DeviceId:   3']) expect(shown).to.include(line);
  });

  it('finds nothing where nothing is wrong', async () => {
    expect(await text('check')).to.equal('nothing found\n');
  });

  it('tabulates a bench', async () => {
    const lines = (await text('bench', 'lifecycle', '--count', '2', '--warmup', '0')).trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).to.deep.equal(['STEP', 'create', 'get', 'put', 'remove', 'sum']);
  });

  describe('draws the layers', () => {
    it('as a tree', async () => {
      const [base, web, copy] = (await text('graph')).split('\n');
      expect(base).to.equal('base');
      expect(web).to.match(/^└─ web {2}\S+B of 67\.11MB$/u);
      expect(copy).to.match(/^ {3}└─ web-1 {2}\S+B of 134\.2MB$/u);
    });

    it('as DOT in which every edge joins nodes that are there', async () => {
      const [head, look, ...lines] = (await text('graph', '--format', 'dot')).trimEnd().split('\n');
      expect([head, look, lines.pop()]).to.deep.equal(['digraph layers {', '  rankdir=LR; node [shape=box];', '}']);
      const nodes = lines.flatMap((line) => /^ {2}"([^"\\]+)" \[label="[^"]*"\];$/u.exec(line)?.[1] ?? []);
      const edges = lines.flatMap((line) => /^ {2}"([^"\\]+)" -> "([^"\\]+)";$/u.exec(line)?.slice(1) ?? []);
      expect(nodes.length + edges.length / 2).to.equal(lines.length);
      expect(edges).to.deep.equal(['base of all layers', 'web', 'web', 'web-1']);
      expect(nodes).to.include.members(edges);
    });

    it('as Mermaid in which every edge joins nodes that are there', async () => {
      const [head, ...lines] = (await text('graph', '--format', 'mermaid')).trimEnd().split('\n');
      expect(head).to.equal('graph LR');
      expect(lines.shift()).to.equal('  base["base"]');
      const edges = lines.map((line) => /^ {2}(\w+) --> (\w+)\["([\w-]+)<br\/>[^"]*"\]$/u.exec(line)?.slice(1));
      expect(edges).to.deep.equal([
        ['base', 'layer0', 'web'],
        ['layer0', 'layer1', 'web-1'],
      ]);
    });

    it('as SVG that is well-formed XML', async () => {
      const svg = await text('graph', '--format', 'svg');
      expect(faultOfXml(svg)).to.equal(undefined);
      expect(faultOfXml(svg.replace('</text>', ''))).to.be.a('string');
      expect(svg).to.include('xmlns="http://www.w3.org/2000/svg"').and.include('>web-1</text>');
    });
  });

  describe('explains itself', () => {
    it('in help: every verb, and how each is used', async () => {
      const help = await text('help');
      for (const { name } of COMMANDS) expect(help).to.match(new RegExp(`^ {2}${name.split(' ')[0]}\\b`, 'mu'));
      await Promise.all(
        COMMANDS.map(async ({ name, arguments: words = [], options = [] }) => {
          const shown = await text('help', ...name.split(' '));
          expect(shown).to.match(new RegExp(`^Usage: dmthin ${name}\\b`, 'u'));
          for (const word of words) expect(shown).to.match(new RegExp(`^ {2}${word.name.toUpperCase()} `, 'mu'));
          for (const option of options) expect(shown).to.include(`--${option.name}`);
        }),
      );
    });

    it('behind a verb too', async () => {
      expect(await text('create', '--help')).to.equal(await text('help', 'create'));
      expect(await text('create', '-h')).to.equal(await text('help', 'create'));
      expect(await text('--help')).to.equal(await text('help'));
    });

    it('in help options: every storage option with its default', async () => {
      const options = await text('help', 'options');
      expect(options).to.include('dm.basesize=SIZE').and.include('Default: 10G');
    });

    it('without a verb on stderr, with status 2', async () => {
      const { status, stdout, stderr } = await dmthin([], { root: at.root });
      expect([status, stdout.length]).to.deep.equal([2, 0]);
      expect(stderr).to.include('Usage: dmthin').and.include('import ID FILE');
    });

    for (const [words, message, remedy] of [
      [['frobnicate'], "unknown command 'frobnicate'", 'dmthin help'],
      [['statsu'], "unknown command 'statsu'", 'Did you mean status?'],
      [['create'], "missing required argument 'ID'", 'Usage: dmthin create ID [--parent ID]'],
      [['create', 'a', 'b'], 'too many arguments', 'Usage: dmthin create ID'],
      [['ls', '--long'], "unknown option '--long'", 'Usage: dmthin ls [--quiet]'],
      [['create', 'a', '--parent'], 'argument missing', 'Usage: dmthin create ID'],
      [['graph', '--format', 'png'], 'text, dot, mermaid, svg', 'Usage: dmthin graph'],
      [['ls', '--kernel', 'bsd'], 'ioctl, dmsetup, fake', 'dmthin help'],
      [['completion', 'tcsh'], '"tcsh"', 'bash, zsh, fish'],
      [['bench', 'all'], '"all"', 'bench lifecycle'],
      [['bench', 'lifecycle', '--count', 'many'], '--count many', 'Give --count'],
      [['ls', '--root', ''], '--root is empty', 'leave it out'],
      [['pool', 'backup', '--data', '1G'], 'sizes for pool resize', 'dmthin pool backup'],
      [['adopt', '.', '--at', 'x'], '--at needs --mount', '--mount LAYER'],
      [['help', 'nothing'], "no help on 'nothing'", 'dmthin help'],
    ] as const)
      it(`when it is told: ${words.join(' ')}`, async () => {
        const [said, json] = await Promise.all(
          [words, [...words, '--json']].map((all) => dmthin(all, { root: at.root })),
        );
        expect([said?.status, said?.stdout.length]).to.deep.equal([2, 0]);
        const [first = '', second = ''] = (said?.stderr ?? '').split('\n');
        expect(first)
          .to.match(/^dmthin: /u)
          .and.include(message);
        expect(second)
          .to.match(/^ {8}\S/u)
          .and.include(remedy);
        expect(json?.status).to.equal(2);
        const { error } = JSON.parse(json?.stderr ?? '') as {
          error: { code: string; message: string; remedy: string };
        };
        expect(error.code).to.equal('INVALID_ARGUMENT');
        expect(error.message).to.include(message);
        expect(error.remedy).to.include(remedy);
      });
  });

  describe('completes', () => {
    for (const [shell, check] of [
      ['bash', '-n'],
      ['zsh', '-n'],
      ['fish', '--no-execute'],
    ] as const)
      it(`in ${shell}, which reads its script`, async function () {
        if (isMissing(shell)) skipCase(this, `${shell} is not installed`);
        const script = join(at.directory, `completion.${shell}`);
        await writeFile(script, await text('completion', shell));
        const { status, stderr } = spawnSync(shell, [check, script], { encoding: 'utf8' });
        expect([status, stderr]).to.deep.equal([0, '']);
      });

    it('verbs and choices in fish', async function () {
      if (isMissing('fish')) skipCase(this, 'fish is not installed');
      const script = await text('completion', 'fish');
      const complete = (line: string): string[] =>
        spawnSync('fish', ['-c', `${script}\ncomplete -C '${line}'`], { encoding: 'utf8' })
          .stdout.trim()
          .split('\n')
          .map((candidate) => candidate.replace(/\t.*/u, ''));
      expect(complete('dmthin st')).to.deep.equal(['status']);
      expect(complete('dmthin graph --format ')).to.have.members(['dot', 'mermaid', 'svg', 'text']);
    });

    it('in zsh, where it is dmthin that the function is for', async function () {
      if (isMissing('zsh')) skipCase(this, 'zsh is not installed');
      const script = await text('completion', 'zsh');
      const asked = `autoload -U compinit && compinit -u -D\n${script}\nprint -r -- $_comps[dmthin]`;
      const { stdout } = spawnSync('zsh', ['-f', '-c', asked], { encoding: 'utf8' });
      expect(stdout.trim()).to.match(/-F _dmthin$/u);
    });

    it('verbs, options and ids in bash', async () => {
      const script = await text('completion', 'bash');
      const complete = (...words: readonly string[]): string[] => {
        const asked = `COMP_WORDS=(dmthin ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _dmthin; printf '%s\\n' "\${COMPREPLY[@]}"`;
        const fake = "dmthin() { [ \"$*\" = 'ls --quiet' ] && printf 'web\\nweb-1\\n'; }";
        return spawnSync('bash', ['-c', `${script}\n${fake}\n${asked}`], { encoding: 'utf8' })
          .stdout.trim()
          .split('\n');
      };
      expect(complete('st')).to.deep.equal(['status']);
      expect(complete('he')).to.deep.equal(['help']);
      expect(complete('rm', 'we')).to.deep.equal(['web', 'web-1']);
      expect(complete('graph', '--fo')).to.deep.equal(['--format']);
      expect(complete('graph', '--format', 'm')).to.deep.equal(['mermaid']);
      expect(complete('ls', '--kernel', '')).to.deep.equal(['ioctl', 'dmsetup', 'fake']);
      expect(complete('create', '--pa')).to.deep.equal(['--parent']);
      expect(complete('create', 'we')).to.deep.equal(['']);
    });
  });
});

const isMissing = (shell: string): boolean => spawnSync(shell, ['--version']).error !== undefined;
