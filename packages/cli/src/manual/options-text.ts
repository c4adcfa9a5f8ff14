import { LAYER_OPTION_ROWS, OPTION_ROWS } from '@dmthin/domain';

/** `dmthin help options`: a paragraph an option, those of one layer last. */
export function optionsText(): string {
  return [
    ...OPTION_ROWS.map(({ default: preset, defaultNote, ...row }) => paragraph(row, preset ?? defaultNote)),
    'Of one layer (dmthin create):',
    ...LAYER_OPTION_ROWS.map((row) => paragraph(row, undefined)),
  ].join('\n\n');
}

interface Shown {
  readonly key: string;
  readonly syntax: string;
  readonly effect: string;
  readonly difference?: string;
}

function paragraph({ key, syntax, effect, difference }: Shown, preset: string | undefined): string {
  return [
    `${key}=${syntax}`,
    effect,
    ...(preset === undefined || preset === '' ? [] : [`Default: ${preset}`]),
    ...(difference === undefined ? [] : [`Differs from Docker: ${difference}`]),
  ].join('\n    ');
}
