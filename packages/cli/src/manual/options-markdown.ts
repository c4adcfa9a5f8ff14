import type { AnyOptionRow } from '@dmthin/domain';

/** docs/options.md, made from the option table; `layerRows` are those of a single layer. */
export function optionsMarkdown(rows: readonly AnyOptionRow[], layerRows: readonly LayerOption[]): string {
  return [
    '# Storage options',
    '',
    'Made from the option table in `packages/domain/src/options`; edit that, then `pnpm docs:generate`.',
    '',
    "Given as `--storage-opt key=value` to `dmthin`, as `storageOptions: ['key=value']` to `openGraphDriver`, with the keys,",
    "syntax and defaults of Docker's devicemapper driver. Sizes are binary: `10G`, `1.5t`, `64k`, `1024`. The last one given",
    'wins, except where a row says that it adds up.',
    '',
    ...rows.flatMap(section),
    '## Of one layer',
    '',
    'Given to `dmthin create` or `driver.create(id, { storageOptions })`.',
    '',
    ...layerRows.flatMap(layerSection),
  ].join('\n');
}

/** What is shown of a layer's own option. */
export interface LayerOption {
  readonly key: string;
  readonly syntax: string;
  readonly effect: string;
  readonly since: string;
  readonly difference?: string;
}

function layerSection({ key, syntax, effect, since, difference }: LayerOption): string[] {
  return [
    `### \`${key}=${syntax}\``,
    '',
    effect,
    '',
    `Since Docker ${since}.`,
    '',
    ...(difference === undefined ? [] : [`Differs from Docker: ${difference}`, '']),
  ];
}

function section(row: AnyOptionRow): string[] {
  const facts = [
    `Default: ${row.default === undefined ? (row.defaultNote ?? 'none') : [`\`${row.default}\``, row.defaultNote ?? ''].join(' ').trim()}.`,
    `Since Docker ${row.since}.`,
    ...(row.isRepeatable === true ? ['Adds up when given again.'] : []),
    ...(row.isDeprecated === true ? ['Deprecated by Docker.'] : []),
  ];
  return [
    `## \`${row.key}=${row.syntax}\``,
    '',
    row.effect,
    '',
    facts.join(' '),
    '',
    ...(row.difference === undefined ? [] : [`Differs from Docker: ${row.difference}`, '']),
  ];
}
