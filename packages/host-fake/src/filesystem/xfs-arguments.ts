import { isUuid, type MkfsSettings, refuse } from './mkfs-settings.ts';

/** Suboptions of mkfs.xfs(8) by option letter. */
const SUBOPTIONS: Readonly<Record<string, RegExp>> = {
  '-b': /^size=\d+[kKsb]?$/u,
  '-d': /^(agcount|agsize|cowextsize|extszinherit|sectsize|size|su|sunit|sw|swidth)=\d+[kKmMgGtTsb]?$|^(daxinherit|projinherit|rtinherit)=\d+$|^noalign$/u,
  '-i': /^(align|attr|maxpct|nrext64|perblock|projid32bit|size|sparse)=\d+[kK]?$/u,
  '-l': /^(agnum|internal|lazy-count|sectsize|size|su|sunit|version)=\d+[kKmMgGsb]?$/u,
  '-m': /^(bigtime|crc|finobt|inobtcount|reflink|rmapbt|metadir|autofsck)=[01]$|^uuid=.+$/u,
  '-n': /^(ftype=[01]|size=\d+[kKsb]?|version=(2|ci)|parent=[01])$/u,
  '-r': /^(extsize|size)=\d+[kKmMgG]?$/u,
  '-s': /^size=\d+[kK]?$/u,
};
const FLAGS = new Set(['-f', '-K', '-q', '-N', '-V']);

/**
 * Reads the arguments of mkfs.xfs that stand before the device.
 * @throws DmError INVALID_ARGUMENT: one that mkfs.xfs refuses.
 */
export function readXfsArguments(words: readonly string[], path: string): MkfsSettings {
  const settings = {
    uuid: undefined as string | undefined,
    label: '',
    discards: true,
    uid: 0,
    gid: 0,
    force: false,
    isDryRun: false,
  };
  const features = new Map<string, string>();
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    const option = word.slice(0, 2);
    if (FLAGS.has(word)) {
      settings.force ||= word === '-f';
      settings.discards &&= word !== '-K';
      settings.isDryRun ||= word === '-N' || word === '-V';
      continue;
    }
    if (option !== '-L' && SUBOPTIONS[option] === undefined)
      throw refuse('xfs', path, word.startsWith('-') ? `invalid option -- ${word}` : `extra arguments: ${word}`);
    const value = word.length > 2 ? word.slice(2) : words[++index];
    if (value === undefined) throw refuse('xfs', path, `option requires an argument -- ${option}`);
    if (option === '-L') settings.label = readLabel(value, path);
    else for (const suboption of value.split(',')) readSuboption(option, suboption, path, features);
  }
  for (const feature of ['finobt', 'reflink', 'rmapbt'])
    if (features.get('crc') === '0' && features.get(feature) === '1')
      throw refuse('xfs', path, `${feature} not supported without CRC support`);
  settings.uuid = features.get('uuid')?.toLowerCase();
  return settings;
}

function readSuboption(option: string, suboption: string, path: string, features: Map<string, string>): void {
  if (SUBOPTIONS[option]?.test(suboption) !== true) throw refuse('xfs', path, `unknown option ${option} ${suboption}`);
  const [name = '', value = ''] = suboption.split('=');
  if (name === 'uuid' && !isUuid(value)) throw refuse('xfs', path, `invalid uuid ${value}`);
  if (features.has(`${name}`)) throw refuse('xfs', path, `${option} ${name} option respecified`);
  if (option === '-m') features.set(name, value);
}

function readLabel(value: string, path: string): string {
  if (value.length > 12) throw refuse('xfs', path, `label ${value} is longer than 12 characters`);
  return value;
}
